using System.Text;

namespace Holdfast.State.Embedded;

/// <summary>
/// The file next to the state that identifies it: <c>state.id</c>, 32 hexadecimal digits. If it exists, a state existed: an empty state
/// file is then a loss, and one with another id is a mistake.
/// </summary>
internal static class StateMarker
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Length = 32;

    /// <summary>Returns the path of the marker of a state.</summary>
    /// <param name="state">The state file.</param>
    public static string PathOf(string state) => Path.ChangeExtension(state, ".id");

    /// <summary>Creates an id.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>
    /// Reads the expected id; null if there is no marker. An empty or truncated marker counts: it still proves that a state existed.
    /// </summary>
    public static string? Read(string state)
    {
        try
        {
            return File.ReadAllText(PathOf(state)).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether the contents of a marker are a valid id.</summary>
    public static bool IsWhole(string id) => id.Length == Length && id.All(char.IsAsciiHexDigitLower);

    /// <summary>Writes the marker atomically; it is on disk when this returns.</summary>
    public static void Write(string state, string id)
    {
        var path = PathOf(state);
        var partial = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (
                var file = new FileStream(
                    partial,
                    new FileStreamOptions
                    {
                        Mode = FileMode.CreateNew,
                        Access = FileAccess.Write,
                        BufferSize = 0,
                        UnixCreateMode = OwnerOnly,
                    }
                )
            )
            {
                file.Write(Encoding.ASCII.GetBytes(id + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
            FileStatus.FlushFolder(Path.GetDirectoryName(path)!);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}

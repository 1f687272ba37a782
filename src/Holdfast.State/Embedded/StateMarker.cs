using System.Text;

namespace Holdfast.State.Embedded;

/// <summary>
/// The file beside the state that says which state belongs there: <c>state.id</c>, 32 hexadecimal digits. Where it
/// lies, a state was; an empty one in its
/// place is a loss, and another's is a mistake.
/// </summary>
internal static class StateMarker
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Length = 32;

    /// <summary>Where the marker of a state lies.</summary>
    /// <param name="state">The file of the state.</param>
    public static string PathOf(string state) => Path.ChangeExtension(state, ".id");

    /// <summary>A new id.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>
    /// The id that is expected; null where there is no marker. One that is empty or cut counts as one: it still says
    /// that a state was there.
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

    /// <summary>Whether a marker names a state at all.</summary>
    public static bool IsWhole(string id) => id.Length == Length && id.All(char.IsAsciiHexDigitLower);

    /// <summary>Writes the marker: whole, and on disk when this returns.</summary>
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

using Holdfast.Archive;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Keys;

/// <summary>The node's own key, which opens the indexes of encrypted chains.</summary>
public static class NodeKey
{
    /// <summary>
    /// Where it lies unless told otherwise: <c>$XDG_DATA_HOME/holdfast/node.key</c>, or
    /// <c>~/.local/share/holdfast/node.key</c>.
    /// </summary>
    public static string DefaultPath
    {
        get
        {
            var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(string.IsNullOrEmpty(data) ? Path.Combine(home, ".local", "share") : data, "holdfast", "node.key");
        }
    }

    /// <summary>Reads the key; makes it, readable by this user only, where it is not there yet.</summary>
    /// <exception cref="HoldfastException">The file holds no key, or cannot be made.</exception>
    public static AgeIdentity LoadOrCreate(string path, TimeProvider time)
    {
        if (!File.Exists(path))
        {
            try
            {
                FolderFlush.CreateFolder(
                    Path.GetDirectoryName(Path.GetFullPath(path))!,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
                KeyFile.Write(path, AgeIdentity.Generate(), time.GetUtcNow());
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.TargetExists)
            {
                // Another run made it meanwhile.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HoldfastException(
                    ErrorCatalogue.Usage,
                    $"The node's key '{path}' cannot be made: {e.Message}",
                    "Give another place with --node-key, or set XDG_DATA_HOME.",
                    e
                );
            }
        }

        return KeyFile.Read(path).Identities is [var identity]
            ? identity
            : throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{path}' does not hold exactly one key.",
                "Make one with: holdfast keygen --out FILE"
            );
    }
}

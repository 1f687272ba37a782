using Holdfast.Archive;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Keys;

/// <summary>The node's own key, which opens the indexes of encrypted chains.</summary>
public static class NodeKey
{
    /// <summary>Default path: <c>$XDG_DATA_HOME/holdfast/node.key</c>, or <c>~/.local/share/holdfast/node.key</c>.</summary>
    public static string DefaultPath
    {
        get
        {
            var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(string.IsNullOrEmpty(data) ? Path.Combine(home, ".local", "share") : data, "holdfast", "node.key");
        }
    }

    /// <summary>Reads the key; if it does not exist, creates it, readable by this user only.</summary>
    /// <exception cref="HoldfastException">The file contains no key, or cannot be created.</exception>
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
            catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
            {
                // Another process created it meanwhile.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"The node's key '{path}' cannot be created: {e.Message}",
                    "Give another path with --node-key, or set XDG_DATA_HOME.",
                    e
                );
            }
        }

        return KeyFile.Read(path).Identities is [var identity]
            ? identity
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{path}' does not contain exactly one key.",
                "Create one with: holdfast keygen --out FILE"
            );
    }
}

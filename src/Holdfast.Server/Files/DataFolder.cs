using Holdfast.Archive;
using Holdfast.Core.Errors;

namespace Holdfast.Server.Files;

/// <summary>The data folder of the server and the paths of its files. Only the user of the server can access it.</summary>
/// <param name="path">Absolute path of the folder.</param>
public sealed class DataFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(path);

    /// <summary>File of the embedded state store.</summary>
    public string State => Path.Combine(Root, "state.db");

    /// <summary>The catalog of all archives. It can be rebuilt.</summary>
    public string Catalog => Path.Combine(Root, "catalog.db");

    /// <summary>Default folder of the spool.</summary>
    public string Spool => Path.Combine(Root, "spool");

    /// <summary>Folder of the indexes of archives at remote destinations. It can be lost.</summary>
    public string IndexCache => Path.Combine(Root, "indexes");

    /// <summary>The audit log.</summary>
    public string Audit => Path.Combine(Root, "audit.log");

    /// <summary>The initial password, which can be used once.</summary>
    public string InitialPasswordFile => Path.Combine(Root, "admin-password");

    /// <summary>Folder of the keys that protect sessions.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>Key of the node.</summary>
    public string NodeKey => Path.Combine(Root, "node.key");

    /// <summary>Folder of the copies of the state.</summary>
    public string StateCopiesFolder => Path.Combine(Root, "copies");

    /// <summary>
    /// Existing files that only a server with a state creates. If there is one, the state must exist. Must be called
    /// before the server creates any file.
    /// </summary>
    public IReadOnlyList<string> FindExistingStateFiles()
    {
        // A write-ahead log next to a non-empty state file proves nothing: a killed first start leaves both.
        var log = HasContent(State) ? [] : new[] { State + "-wal" };
        return [.. new[] { NodeKey, InitialPasswordFile, Audit }.Concat(log).Where(HasContent)];
    }

    /// <summary>Creates missing folders, and makes those with keys inaccessible for other users.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public void Create()
    {
        try
        {
            FolderFlush.CreateFolder(Root, OwnerOnly);
            FolderFlush.CreateFolder(Keys, OwnerOnly);
            File.SetUnixFileMode(Keys, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"The data folder '{Root}' cannot be created or used: {e.Message}",
                "Choose another folder with --data, or create it and make this user its owner.",
                e
            );
        }
    }

    private static bool HasContent(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };
}

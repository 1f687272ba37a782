using Holdfast.Archive;
using Holdfast.Core.Errors;

namespace Holdfast.Server.Files;

/// <summary>The server's own folder and what lies where in it. Nobody else may look in.</summary>
/// <param name="path">The folder, absolute.</param>
public sealed class DataFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(path);

    /// <summary>The embedded state store's file.</summary>
    public string State => Path.Combine(Root, "state.db");

    /// <summary>What is known of every archive. It can be rebuilt.</summary>
    public string Catalog => Path.Combine(Root, "catalog.db");

    /// <summary>The audit log.</summary>
    public string Audit => Path.Combine(Root, "audit.log");

    /// <summary>The one-time password of the first start.</summary>
    public string InitialPasswordFile => Path.Combine(Root, "admin-password");

    /// <summary>The keys that sessions are protected with.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>The node's own key.</summary>
    public string NodeKey => Path.Combine(Root, "node.key");

    /// <summary>Copies of the state that were asked for.</summary>
    public string StateCopiesFolder => Path.Combine(Root, "copies");

    /// <summary>Files that only a server with a state leaves: where one lies, a state was. To be asked before anything is made.</summary>
    public IReadOnlyList<string> FindExistingStateFiles()
    {
        // A log beside a file that has begun says nothing: a first start that was killed leaves it.
        var log = HasContent(State) ? [] : new[] { State + "-wal" };
        return [.. new[] { NodeKey, InitialPasswordFile, Audit }.Concat(log).Where(HasContent)];
    }

    /// <summary>Makes the folders where they are not there; closes those to others that hold keys.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.StateUnavailable"/></exception>
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
                ErrorCatalogue.StateUnavailable,
                $"The data folder '{Root}' cannot be made or used: {e.Message}",
                "Choose another with --data, or make it and give it to this user.",
                e
            );
        }
    }

    private static bool HasContent(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };
}

using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>A location that was searched for backups, and its contents.</summary>
/// <param name="Destination">Name of the destination; null for a path.</param>
/// <param name="From">
/// The folder that was searched, in the form of a request: <c>destination:nas/shop</c>, <c>/backups/shop</c>.
/// </param>
/// <param name="Resolved">The contents.</param>
public sealed record BackupLocation(string? Destination, string From, ResolvedLocation Resolved)
{
    /// <summary>The location of something in this folder, in the form of a request.</summary>
    /// <param name="path">Its path below the folder; empty for the folder itself.</param>
    public string ReferenceTo(string path) =>
        path.Length == 0 ? From
        : From.EndsWith('/') ? From + path
        : $"{From}/{path}";

    /// <summary>Path of a chain at its destination.</summary>
    public string PathOf(StoredChain chain) =>
        ReferenceTo(chain.Path) is var whole && whole.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            ? whole[(slash + 1)..]
            : whole;

    /// <summary>The database of a chain, as far as the names of folders show: <c>source/name</c>.</summary>
    public string DatabaseOf(StoredChain chain)
    {
        var whole = ReferenceTo(chain.Path);
        var parts = whole[(whole.IndexOf('/', StringComparison.Ordinal) + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var own = ChainName.TryParse(parts.LastOrDefault() ?? "") is null ? parts : parts[..^1]; // a single archive may be in any folder
        return own.Length == 0 ? whole : string.Join('/', own.TakeLast(2).Select(FolderName.Decode));
    }

    /// <summary>The folder of a chain's database, in the form of a request.</summary>
    public string FolderOf(StoredChain chain)
    {
        var whole = ReferenceTo(chain.Path);
        return ChainName.TryParse(whole[(whole.LastIndexOf('/') + 1)..]) is null ? whole : whole[..whole.LastIndexOf('/')];
    }
}

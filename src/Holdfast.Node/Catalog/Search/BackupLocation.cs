using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Search;

/// <summary>A place that was looked at for backups, and what lies there.</summary>
/// <param name="Destination">Name of the destination; null for a path.</param>
/// <param name="From">The folder that was looked at, as it is asked for: <c>destination:nas/shop</c>, <c>/backups/shop</c>.</param>
/// <param name="Resolved">What lies there.</param>
public sealed record BackupLocation(string? Destination, string From, ResolvedLocation Resolved)
{
    /// <summary>How something that lies there is asked for.</summary>
    /// <param name="path">Its path there; empty for the folder itself.</param>
    public string ReferenceTo(string path) =>
        path.Length == 0 ? From
        : From.EndsWith('/') ? From + path
        : $"{From}/{path}";

    /// <summary>Path of a chain at its destination.</summary>
    public string PathOf(StoredChain chain) =>
        ReferenceTo(chain.Path) is var whole && whole.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            ? whole[(slash + 1)..]
            : whole;

    /// <summary>The database that a chain is of, as far as the names of folders tell: <c>source/name</c>.</summary>
    public string DatabaseOf(StoredChain chain)
    {
        var whole = ReferenceTo(chain.Path);
        var parts = whole[(whole.IndexOf('/', StringComparison.Ordinal) + 1)..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var own = ChainName.TryParse(parts.LastOrDefault() ?? "") is null ? parts : parts[..^1]; // one archive may lie in any folder
        return own.Length == 0 ? whole : string.Join('/', own.TakeLast(2).Select(FolderName.Decode));
    }

    /// <summary>How the folder of a chain's database is asked for.</summary>
    public string FolderOf(StoredChain chain)
    {
        var whole = ReferenceTo(chain.Path);
        return ChainName.TryParse(whole[(whole.LastIndexOf('/') + 1)..]) is null ? whole : whole[..whole.LastIndexOf('/')];
    }
}

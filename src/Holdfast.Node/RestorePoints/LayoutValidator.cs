using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Reading;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.RestorePoints;

/// <summary>
/// Compares archives with the names of their folders and files if there is no catalog to compare with: detects an archive of
/// another database, kind, chain or time in place of the original. Files that are not laid out as Holdfast does it are not checked.
/// </summary>
public static class LayoutValidator
{
    /// <summary>
    /// How much later than its name an archive's time may be: an earlier version took the time after it had opened the
    /// destinations.
    /// </summary>
    public static readonly TimeSpan TimeTolerance = TimeSpan.FromHours(1);

    /// <summary>Why an archive does not match its location; null if it does.</summary>
    /// <param name="stored">The location.</param>
    /// <param name="chain">The chain's folder.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="header">Its header.</param>
    public static HoldfastException? FindMismatch(ResolvedLocation stored, StoredChain chain, StoredArchive archive, ArchiveHeader header)
    {
        var folder = chain.Path.Length == 0 ? stored.Folder : chain.Path[(chain.Path.LastIndexOf('/') + 1)..];
        var why = CheckName(archive.Name, header)
            ?? CheckChain(ChainName.TryParse(folder), archive.Name, header)
            ?? CheckDatabase(stored.PathFromRoot, chain.Path, header);
        return why is null ? null : CreateException(stored.Destination.NameOf(archive.Path), why);
    }

    /// <summary>The mismatch of an opened restore point, or of an archive that it builds on.</summary>
    /// <param name="stored">The location.</param>
    /// <param name="found">The restore point.</param>
    /// <param name="reader">The restore point, opened.</param>
    /// <param name="keys">Keys that open archives.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    public static async Task<IReadOnlyList<HoldfastException>> ValidateAsync(
        ResolvedLocation stored,
        RestorePoint found,
        ChainReader reader,
        AgeKeys keys,
        CancellationToken cancellationToken
    )
    {
        var files = found.Chain.Archives.ToDictionary(a => a.Name.ToString(), StringComparer.Ordinal);
        var mismatches = reader
            .Archives.Where(a => files.ContainsKey(Path.GetFileName(a.Name)))
            .Select(a => FindMismatch(stored, found.Chain, files[Path.GetFileName(a.Name)], a.Header))
            .OfType<HoldfastException>()
            .ToList();
        // Those that were opened have different ids: they build on each other.
        var opened = reader.Archives.Select(a => Path.GetFileName(a.Name)).ToHashSet(StringComparer.Ordinal);
        var others = found.Chain with { Archives = [.. found.Chain.Archives.Where(a => !opened.Contains(a.Name.ToString()))] };
        await foreach (
            var other in RestorePointFinder.ReadAllAsync(stored with { Chains = [others], Archive = null }, keys, cancellationToken)
        )
        {
            if (other.Archive == found.Archive || other.Header?.Id != reader.Point.Header.Id)
            {
                continue;
            }
            mismatches.Add(
                CreateException(stored.Destination.NameOf(found.Archive.Path), $"'{other.Archive.Name}' beside it is the same archive")
            );
        }

        return mismatches;
    }

    private static string? CheckName(ArchiveName name, ArchiveHeader header)
    {
        var form =
            header.Kind == BackupKind.Incremental ? ArchiveFileType.IncrementalBackup
            : header.Type == BackupType.Backup ? ArchiveFileType.FullBackup
            : header.DatabaseEncrypted ? ArchiveFileType.EncryptedSnapshot
            : ArchiveFileType.Snapshot;
        if (name.FileType != form)
        {
            return $"it is a {header.Kind.ToString().ToLowerInvariant()} {header.Type.ToString().ToLowerInvariant()}, which its name "
                + "does not match";
        }
        return header.StartTime - name.Time > TimeTolerance
            ? $"it was started at {header.StartTime.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, after the time in its name"
            : null;
    }

    private static string? CheckChain(ChainName? chain, ArchiveName name, ArchiveHeader header)
    {
        if (chain is null)
        {
            return null;
        }
        if (header.Type != chain.Type)
        {
            return $"it is a {header.Type.ToString().ToLowerInvariant()}, and its folder belongs to a chain of "
                + $"{chain.Type.ToString().ToLowerInvariant()}s";
        }
        if (header.Task != chain.Task)
        {
            return $"it belongs to {DescribeTask(header.Task)}, and its folder to {DescribeTask(chain.Task)}";
        }
        return header.Kind == BackupKind.Full && name.Time != chain.Time
            ? "it is the full archive of a chain other than that of its folder"
            : null;
    }

    private static string DescribeTask(string? id) => id is null ? "no task" : $"task {id}";

    // The parent folders count only below the root of a destination, because a chain can be copied anywhere.
    private static string? CheckDatabase(string? pathFromRoot, string chain, ArchiveHeader header)
    {
        var folders = $"{pathFromRoot}/{chain}".Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (pathFromRoot is null || folders is not [var source, var database, _])
        {
            return null;
        }
        var parts = header.Database.Split('/', 2); // the contents of an archive are untrusted
        return parts.Length == 2 && FolderName.Encode(parts[0]) == source && FolderName.Encode(parts[1]) == database
            ? null
            : $"it belongs to database '{header.Database}'";
    }

    private static HoldfastException CreateException(string file, string why) =>
        new(
            ErrorCatalog.Refused,
            $"'{file}' does not match its location: {why}.",
            "Use the chain at another destination. If you put it there yourself, confirm that to the command, without a server: "
                + "--allow-mismatch."
        );
}

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
/// Holds archives against the names of the folders and the file that they lie in, for whoever has no catalog to compare
/// with: another database's archive,
/// or one of another kind, chain or time, put in the place of one. What is not laid out as Holdfast does it is not held against that.
/// </summary>
public static class LayoutValidator
{
    /// <summary>
    /// How much later than its name's an archive's time may be: an earlier version took the time after it had opened
    /// the destinations.
    /// </summary>
    public static readonly TimeSpan TimeTolerance = TimeSpan.FromHours(1);

    /// <summary>Why an archive does not fit the place that it lies in; null where it does.</summary>
    /// <param name="stored">What was looked at.</param>
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

    /// <summary>What does not fit of a point that was opened, and of all that it builds on.</summary>
    /// <param name="stored">What was looked at.</param>
    /// <param name="found">The point.</param>
    /// <param name="reader">The point, opened.</param>
    /// <param name="keys">Keys that open archives.</param>
    /// <param name="cancellationToken">Stops it.</param>
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
        await foreach (
            var other in RestorePointFinder.ListAsync(stored with { Chains = [found.Chain], Archive = null }, keys, cancellationToken)
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
                + "does not say";
        }
        return header.StartTime - name.Time > TimeTolerance
            ? $"it was begun at {header.StartTime.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, after the time in its name"
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
            return $"it is a {header.Type.ToString().ToLowerInvariant()}, and its folder is of a chain of "
                + $"{chain.Type.ToString().ToLowerInvariant()}s";
        }
        if (header.Task != chain.Task)
        {
            return $"it is of {DescribeTask(header.Task)}, and its folder of {DescribeTask(chain.Task)}";
        }
        return header.Kind == BackupKind.Full && name.Time != chain.Time
            ? "it is the full archive of another chain than its folder's"
            : null;
    }

    private static string DescribeTask(string? id) => id is null ? "no task" : $"task {id}";

    // The folders above count only below the root of a destination: a chain can be copied anywhere.
    private static string? CheckDatabase(string? pathFromRoot, string chain, ArchiveHeader header)
    {
        var folders = $"{pathFromRoot}/{chain}".Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (pathFromRoot is null || folders is not [var source, var database, _])
        {
            return null;
        }
        var parts = header.Database.Split('/', 2); // what comes out of an archive may be anything
        return parts.Length == 2 && FolderName.Encode(parts[0]) == source && FolderName.Encode(parts[1]) == database
            ? null
            : $"it is of database '{header.Database}'";
    }

    private static HoldfastException CreateException(string file, string why) =>
        new(
            ErrorCatalogue.Refused,
            $"'{file}' does not belong where it lies: {why}.",
            "Take the chain from another destination. If you put it there yourself, say so to the command, without a server: "
                + "--allow-mismatch."
        );
}

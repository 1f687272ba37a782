using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Sharing;
using Holdfast.Node.Catalog.Storage;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Compares a whole destination with the catalog by one listing, of which only the folder of one database is in memory at a time. The
/// catalog is read after the files, so a difference may come from a backup that ended in between: it only tells which databases have to be
/// listed on their own. Also writes files for other servers that are missing or wrong.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="shared">Writes the files for other servers.</param>
/// <param name="databases">The databases that the state knows.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs files that are damaged or cannot be written.</param>
public sealed partial class DestinationComparison(
    ICatalog catalog,
    SharedCatalogWriter shared,
    RecordedDatabases databases,
    TimeProvider time,
    ILogger<DestinationComparison> logger
)
{
    /// <summary>Compares a destination.</summary>
    /// <param name="location">The destination in the catalog.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="compared">Called after each folder.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>
    /// The databases that differ or have a known problem there; and the files that Holdfast has not written, null if there are none.
    /// </returns>
    /// <exception cref="HoldfastException">The destination cannot be listed, or the catalog cannot be read.</exception>
    public async Task<(IReadOnlySet<DatabaseId> Different, ForeignFilesAlertInput? Foreign)> RunAsync(
        CopyLocation location,
        IDestination opened,
        Action compared,
        CancellationToken cancellationToken
    )
    {
        var left = databases.All.Concat(catalog.Databases()).Distinct().ToDictionary(DatabaseFolder.PathOf, StringComparer.Ordinal);
        var different = new HashSet<DatabaseId>();
        var foreign = new List<string>();
        await foreach (var folder in DestinationScan.ListAsync(opened, cancellationToken))
        {
            foreign.AddRange(folder.ForeignFiles);
            if (left.Remove(folder.Path, out var database)) // otherwise it is another server's
            {
                if (IsDifferent(folder, database, location))
                {
                    different.Add(database);
                }
                else if (!await TryCheckSharedAsync(folder, database, location, opened, cancellationToken))
                {
                    foreign.Add($"{folder.Path}/{SharedCatalog.FileName}");
                }
            }
            compared();
        }

        different.UnionWith(left.Values.Where(d => catalog.ChainsOf(d).Any(c => c.Destinations.Contains(location.Destination))));
        return (different, foreign.Count == 0 ? null : new(location.Destination, foreign.Count, foreign[0], time.GetUtcNow()));
    }

    private bool IsDifferent(ScannedFolder folder, DatabaseId database, CopyLocation location)
    {
        var known = catalog.ChainsOf(database);
        var there = folder.Chains.Where(c => c.Archives.Count > 0).ToDictionary(c => c.Path, StringComparer.Ordinal);
        return folder.Chains.Any(c => c.Leftovers.Count > 0)
            || there.Keys.Except(known.Select(k => k.Path), StringComparer.Ordinal).Any()
            || known.Any(k =>
                k.Entries.Any(e => e.CopyAt(location.Destination) is { State: not CopyState.Whole })
                || ListingComparer
                    .Compare(k, k.Path, there.GetValueOrDefault(k.Path)?.Archives ?? [], location.Destination, time.GetUtcNow())
                    .Count > 0
            );
    }

    // False if the file was damaged, which Holdfast does not do.
    private async Task<bool> TryCheckSharedAsync(
        ScannedFolder folder,
        DatabaseId database,
        CopyLocation location,
        IDestination opened,
        CancellationToken cancellationToken
    )
    {
        var isIntact = true;
        (SharedCatalog Content, string? Version)? found = null;
        try
        {
            found = folder.HasSharedCatalog ? await SharedCatalog.FindAsync(opened, folder.Path, cancellationToken) : null;
            if (found is null && folder.HasSharedCatalog)
            {
                LogNewer(folder.Path, location.Destination);
                return true;
            }
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Corrupt)
        {
            isIntact = false;
            LogDamaged(folder.Path, location.Destination, e.Message);
        }
        var content = shared.Create(location.Destination, database);
        if (found is { } file)
        {
            content = content.AddFrom(file.Content);
            if (file.Content.NamesSameFiles(content))
            {
                return true;
            }
        }
        try
        {
            await shared.WriteAsync(location, opened, database, content, found?.Version, cancellationToken);
        }
        catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotWritten(folder.Path, location.Destination, e.Message);
        }
        return isIntact;
    }

    [LoggerMessage(
        EventId = 5141,
        Level = LogLevel.Warning,
        Message = "The file for other servers in {Folder} at {Destination} is damaged and is written again: {Reason}"
    )]
    private partial void LogDamaged(string folder, string destination, string reason);

    [LoggerMessage(
        EventId = 5142,
        Level = LogLevel.Warning,
        Message = "The file for other servers in {Folder} at {Destination} cannot be written: {Reason}"
    )]
    private partial void LogNotWritten(string folder, string destination, string reason);

    [LoggerMessage(
        EventId = 5143,
        Level = LogLevel.Information,
        Message = "The file for other servers in {Folder} at {Destination} was written by a newer version and is ignored"
    )]
    private partial void LogNewer(string folder, string destination);
}

using System.Collections.Concurrent;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Destinations;
using Holdfast.Node.Supervision;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Destinations.Uploads;

/// <summary>
/// Removes what killed uploads have left at remote destinations, at the start and once a day: no listing of files shows it, and stores bill
/// it. Removes only what lies where Holdfast stores files, and only if nothing was stored for a day by the destination's clock: an upload
/// that runs, here or elsewhere, is not removed however long it takes.
/// </summary>
/// <param name="destinations">The destinations.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what is removed, and what cannot be.</param>
public sealed partial class UnfinishedUploadCleaner(
    DestinationRegistry destinations,
    TimeProvider time,
    ILogger<UnfinishedUploadCleaner> logger
)
{
    /// <summary>How long nothing must have been stored of an upload before it is removed.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromDays(1);

    /// <summary>Time between two searches for destinations that are due. A destination that failed is due again then.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromHours(1);

    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, UnfinishedUploads> _results = new(StringComparer.Ordinal);

    /// <summary>The latest result for a destination; null if there is none since the start.</summary>
    public UnfinishedUploads? Find(string name) => _results.GetValueOrDefault(name);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="loop">Notified of each destination.</param>
    /// <param name="cancellationToken">Stops the loop.</param>
    public async Task RunAsync(SupervisedLoop loop, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (var item in destinations.Items.Where(i => destinations.IsRemote(i.Value) && IsDue(i.Key)).ToList())
            {
                await CleanAsync(item.Key, cancellationToken);
                loop.CompleteIteration();
            }
            loop.CompleteIteration();
            await Task.Delay(CheckInterval, time, cancellationToken);
        }
    }

    /// <summary>
    /// Looks for unfinished uploads at one destination now, and removes the old ones. A failure becomes part of the result.
    /// </summary>
    /// <param name="name">Name of the destination.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<UnfinishedUploads> CleanAsync(string name, CancellationToken cancellationToken)
    {
        UnfinishedUploads result;
        try
        {
            await using var destination = await destinations.OpenAsync(name, cancellationToken);
            var (left, removed, problem) = await CleanAsync(destination, cancellationToken);
            result = new(time.GetUtcNow(), left, removed, problem is null ? null : OperationError.From(problem));
            if (left + removed > 0)
            {
                LogCleaned(name, removed, left);
            }
        }
        catch (HoldfastException e)
        {
            result = new(time.GetUtcNow(), _results.GetValueOrDefault(name)?.Count ?? 0, 0, OperationError.From(e));
        }
        if (result.Problem is { } failure)
        {
            LogNotCleaned(name, failure.Message);
        }
        return _results[name] = result;
    }

    private static async Task<(int Left, int Removed, HoldfastException? Problem)> CleanAsync(
        IDestination destination,
        CancellationToken cancellationToken
    )
    {
        var (left, removed) = (0, 0);
        HoldfastException? problem = null;
        // Read to the end before the first removal: a listing that changes while it is read can miss entries.
        foreach (var upload in await destination.ListUnfinishedAsync(cancellationToken).Where(IsOurs).ToListAsync(cancellationToken))
        {
            try
            {
                if (await IsAbandonedAsync(destination, upload, cancellationToken))
                {
                    await destination.AbortAsync(upload, cancellationToken);
                    removed++;
                    continue;
                }
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
            {
                continue; // it was completed or removed meanwhile
            }
            catch (HoldfastException e)
            {
                problem ??= e;
            }
            left++;
        }
        return (left, removed, problem);
    }

    // Without the destination's clock nothing is known to be old.
    private static async Task<bool> IsAbandonedAsync(
        IDestination destination,
        UnfinishedUpload upload,
        CancellationToken cancellationToken
    ) =>
        destination.ServerTime is { } now
        && now - upload.Started > MinAge
        && now - await destination.FindLastActivityAsync(upload, cancellationToken) > MinAge;

    // An archive or index in the folder of a chain, or what a test of a destination has left. The rest of a bucket may belong to anyone.
    private static bool IsOurs(UnfinishedUpload upload) =>
        upload.Path.Split('/') switch
        {
            [_, _, var chain, var file] => ChainName.TryParse(chain) is not null
                && (ArchiveName.TryParse(file) is not null || file.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal)),
            [var folder, ..] => folder.StartsWith(DestinationIdentity.TestPrefix, StringComparison.Ordinal),
            _ => false,
        };

    private bool IsDue(string name) =>
        !_results.TryGetValue(name, out var last) || last.Problem is not null || time.GetUtcNow() - last.At >= Interval;

    [LoggerMessage(
        EventId = 5115,
        Level = LogLevel.Information,
        Message = "Destination {Destination}: {Removed} unfinished uploads older than a day were removed, {Left} are left"
    )]
    private partial void LogCleaned(string destination, int removed, int left);

    [LoggerMessage(
        EventId = 5116,
        Level = LogLevel.Warning,
        Message = "Unfinished uploads at destination {Destination} cannot be removed: {Reason}"
    )]
    private partial void LogNotCleaned(string destination, string reason);
}

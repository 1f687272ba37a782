using System.Collections.Concurrent;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Node.Destinations;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>Compares each destination as a whole once a day, and keeps the results.</summary>
/// <param name="destinations">The destinations.</param>
/// <param name="comparison">Compares one of them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs destinations that cannot be compared.</param>
public sealed partial class DestinationAudit(
    DestinationRegistry destinations,
    DestinationComparison comparison,
    TimeProvider time,
    ILogger<DestinationAudit> logger
)
{
    private readonly ConcurrentDictionary<string, (DateTimeOffset At, string? Identity, IReadOnlySet<DatabaseId> Different)> _compared =
        new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ForeignFilesAlertInput> _foreign = new(StringComparer.Ordinal);

    /// <summary>The destinations.</summary>
    public DestinationRegistry Destinations => destinations;

    /// <summary>The files at each destination that Holdfast has not written, as of its last comparison.</summary>
    public IReadOnlyList<ForeignFilesAlertInput> ForeignFiles => [.. _foreign.Values];

    /// <summary>Compares each destination as a whole, if that is due.</summary>
    /// <param name="compared">Called after each folder.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    public async Task CompareAsync(Action compared, CancellationToken cancellationToken)
    {
        foreach (var item in destinations.Items)
        {
            if (_compared.TryGetValue(item.Key, out var last) && time.GetUtcNow() - last.At < CatalogAudit.Interval)
            {
                continue;
            }
            try
            {
                await using var opened = await destinations.OpenAsync(item.Key, cancellationToken);
                var at = time.GetUtcNow();
                var (different, foreign) = await comparison.RunAsync(new(item.Key, opened.Identity), opened, compared, cancellationToken);
                _compared[item.Key] = (at, opened.Identity, different);
                if (foreign is null)
                {
                    _foreign.TryRemove(item.Key, out _);
                }
                else
                {
                    var since = _foreign.TryGetValue(item.Key, out var before) ? before.Since : foreign.Since;
                    _foreign[item.Key] = foreign with { Since = since };
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotCompared(item.Key, e.Message); // its databases are listed one by one
            }
        }
        foreach (var removed in _foreign.Keys.Where(n => destinations.Find(n) is null).ToList())
        {
            _foreign.TryRemove(removed, out _);
        }
    }

    /// <summary>Whether the last comparison of a destination has found that a database is as recorded there.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="identity">Its identity.</param>
    /// <param name="database">The database.</param>
    public bool IsSame(string destination, string? identity, DatabaseId database) =>
        _compared.TryGetValue(destination, out var last)
        && last.Identity == identity
        && time.GetUtcNow() - last.At < CatalogAudit.Interval
        && !last.Different.Contains(database);

    [LoggerMessage(EventId = 5144, Level = LogLevel.Warning, Message = "Destination {Destination} cannot be compared as a whole: {Reason}")]
    private partial void LogNotCompared(string destination, string reason);
}

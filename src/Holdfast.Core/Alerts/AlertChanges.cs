namespace Holdfast.Core.Alerts;

/// <summary>What became of the alerts from one look to the next.</summary>
/// <param name="Items">Those that stand now: the gravest first, of these the oldest first.</param>
/// <param name="Raised">Those of them that are new.</param>
/// <param name="Changed">Those of them that stood before and say something else now.</param>
/// <param name="Resolved">Those that stand no longer, as they were.</param>
public sealed record AlertChanges(
    IReadOnlyList<Alert> Items,
    IReadOnlyList<Alert> Raised,
    IReadOnlyList<Alert> Changed,
    IReadOnlyList<Alert> Resolved
)
{
    /// <summary>No alerts at all.</summary>
    public static readonly AlertChanges None = new([], [], [], []);

    /// <summary>Whether anything changed.</summary>
    public bool HasChanges => Raised.Count + Changed.Count + Resolved.Count > 0;

    /// <summary>Compares what stood with what was found; what stood before keeps its <see cref="Alert.Since"/>.</summary>
    public static AlertChanges Compare(IReadOnlyList<Alert> before, IEnumerable<Alert> found)
    {
        var known = before.ToDictionary(a => a.Key, StringComparer.Ordinal);
        var items = new List<Alert>(before.Count);
        List<Alert> raised = [],
            altered = [];
        foreach (var alert in found.DistinctBy(a => a.Key, StringComparer.Ordinal))
        {
            if (!known.Remove(alert.Key, out var was))
            {
                raised.Add(alert);
                items.Add(alert);
                continue;
            }

            var now = alert with { Since = was.Since };
            if (now != was)
            {
                altered.Add(now);
            }
            items.Add(now == was ? was : now);
        }

        items.Sort(
            static (a, b) =>
                a.Severity != b.Severity ? b.Severity.CompareTo(a.Severity)
                : a.Since != b.Since ? a.Since.CompareTo(b.Since)
                : string.CompareOrdinal(a.Key, b.Key)
        );
        return new(items, raised, altered, [.. known.Values]);
    }
}

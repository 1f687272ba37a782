namespace Holdfast.Core.Alerts;

/// <summary>How the active alerts changed from one evaluation to the next.</summary>
/// <param name="Items">Active alerts, by descending severity, then oldest first.</param>
/// <param name="Raised">Active alerts that are new.</param>
/// <param name="Changed">Active alerts that were active before with different contents.</param>
/// <param name="Resolved">Alerts that are no longer active, as they last were.</param>
public sealed record AlertChanges(
    IReadOnlyList<Alert> Items,
    IReadOnlyList<Alert> Raised,
    IReadOnlyList<Alert> Changed,
    IReadOnlyList<Alert> Resolved
)
{
    /// <summary>No alerts.</summary>
    public static readonly AlertChanges None = new([], [], [], []);

    /// <summary>Whether anything changed.</summary>
    public bool HasChanges => Raised.Count + Changed.Count + Resolved.Count > 0;

    /// <summary>Compares the previous alerts with the current ones; an alert that persists keeps its <see cref="Alert.Since"/>.</summary>
    public static AlertChanges Compare(IReadOnlyList<Alert> previous, IEnumerable<Alert> current)
    {
        var known = previous.ToDictionary(a => a.Key, StringComparer.Ordinal);
        var items = new List<Alert>(previous.Count);
        List<Alert> raised = [],
            altered = [];
        foreach (var alert in current.DistinctBy(a => a.Key, StringComparer.Ordinal))
        {
            if (!known.Remove(alert.Key, out var old))
            {
                raised.Add(alert);
                items.Add(alert);
                continue;
            }

            var now = alert with { Since = old.Since };
            if (now != old)
            {
                altered.Add(now);
            }
            items.Add(now == old ? old : now);
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

using Holdfast.Core.Alerts;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>Alerts, with their numbers by severity.</summary>
/// <param name="all">All alerts, in the order of the API: most severe first.</param>
internal sealed class AlertList(IReadOnlyList<Alert> all)
{
    /// <summary>Number of alerts.</summary>
    public int Total => all.Count;

    /// <summary>Number of alerts of each severity that occurs, most severe first.</summary>
    public IReadOnlyList<(AlertSeverity Severity, int Count)> Counts { get; } =
    [.. all.CountBy(a => a.Severity).OrderByDescending(c => c.Key).Select(c => (c.Key, c.Value))];

    /// <summary>The alerts to show.</summary>
    /// <param name="severity">Severity from the URL; all alerts if it is null or unknown.</param>
    /// <param name="most">Maximum number.</param>
    public IEnumerable<Alert> Shown(string? severity, int most) => Of(severity).Take(most);

    /// <summary>Number of alerts of a severity; of all alerts if it is null or unknown.</summary>
    public int Count(string? severity) => Of(severity).Count();

    /// <summary>Parses a severity from the URL; null if it is unknown.</summary>
    public static AlertSeverity? Parse(string? severity) =>
        Enum.TryParse<AlertSeverity>(severity, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed : null;

    private IEnumerable<Alert> Of(string? severity) => Parse(severity) is { } wanted ? all.Where(a => a.Severity == wanted) : all;
}

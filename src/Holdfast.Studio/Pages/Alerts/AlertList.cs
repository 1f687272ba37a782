using Holdfast.Core.Alerts;

namespace Holdfast.Studio.Pages.Alerts;

/// <summary>Alerts, and how many there are of each severity.</summary>
/// <param name="all">All of them, in the order of the API: the gravest first.</param>
internal sealed class AlertList(IReadOnlyList<Alert> all)
{
    /// <summary>How many there are.</summary>
    public int Total => all.Count;

    /// <summary>How many there are of each severity that occurs, the gravest first.</summary>
    public IReadOnlyList<(AlertSeverity Severity, int Count)> Counts { get; } =
    [.. all.CountBy(a => a.Severity).OrderByDescending(c => c.Key).Select(c => (c.Key, c.Value))];

    /// <summary>Those to show.</summary>
    /// <param name="severity">As the address has it; null, or what is none, is all.</param>
    /// <param name="most">The most.</param>
    public IEnumerable<Alert> Shown(string? severity, int most) => Of(severity).Take(most);

    /// <summary>How many there are to show.</summary>
    public int Count(string? severity) => Of(severity).Count();

    /// <summary>A severity as the address has it.</summary>
    public static AlertSeverity? Parse(string? severity) =>
        Enum.TryParse<AlertSeverity>(severity, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) ? parsed : null;

    private IEnumerable<Alert> Of(string? severity) => Parse(severity) is { } wanted ? all.Where(a => a.Severity == wanted) : all;
}

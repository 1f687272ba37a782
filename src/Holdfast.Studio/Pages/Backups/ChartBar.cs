using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>A bar of the size chart, for one archive.</summary>
internal sealed record ChartBar(double X, double Y, double Width, double Height, bool IsFull, string Title)
{
    private const int MaxBars = 60;
    private const double MinHeight = 2; // keeps small archives visible
    private const double MaxWidth = 36;

    /// <summary>The newest restore points, at most 60, oldest first.</summary>
    public static IReadOnlyList<RestorePointSummary> Shown(IEnumerable<RestorePointSummary> points) =>
        [.. points.OrderByDescending(p => p.Time).Take(MaxBars).Reverse()];

    /// <summary>Lays out the bars in a chart of the given size.</summary>
    public static IReadOnlyList<ChartBar> Of(IReadOnlyList<RestorePointSummary> points, double width, double height)
    {
        if (points.Count == 0)
        {
            return [];
        }
        var largest = Math.Max(1, points.Max(p => p.Bytes));
        var room = width / points.Count;
        var wide = Math.Min(room * 0.78, MaxWidth);
        return
        [
            .. points.Select(
                (p, i) =>
                {
                    var tall = Math.Max(MinHeight, height * p.Bytes / largest);
                    return new ChartBar(
                        (i * room) + ((room - wide) / 2),
                        height - tall,
                        wide,
                        tall,
                        BackupFormatter.IsFull(p.Kind),
                        $"{DisplayFormat.Time(p.Time)} UTC: {BackupFormatter.Kind(p.Kind).ToLowerInvariant()}, "
                            + $"{DisplayFormat.Bytes(p.Bytes)}"
                    );
                }
            ),
        ];
    }
}

using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>One archive in the chart of sizes.</summary>
internal sealed record ChartBar(double X, double Y, double Width, double Height, bool IsFull, string Title)
{
    private const int MaxBars = 60;
    private const double MinHeight = 2; // of the height: an archive is never invisible
    private const double MaxWidth = 36;

    /// <summary>The points that are shown: the newest, the oldest of them first.</summary>
    public static IReadOnlyList<RestorePointSummary> Shown(IEnumerable<RestorePointSummary> points) =>
        [.. points.OrderByDescending(p => p.Time).Take(MaxBars).Reverse()];

    /// <summary>Their bars, in a picture of this size.</summary>
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

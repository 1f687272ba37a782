using Holdfast.Studio.Chains;
using Holdfast.Studio.Words;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>One archive in the chart of sizes.</summary>
internal sealed record ChartBar(double X, double Y, double Width, double Height, bool IsFull, string Title)
{
    private const int Most = 60;
    private const double Least = 2; // of the height: an archive is never invisible
    private const double Widest = 36;

    /// <summary>The points that are shown: the newest, the oldest of them first.</summary>
    public static IReadOnlyList<PointSummary> Shown(IEnumerable<PointSummary> points) =>
        [.. points.OrderByDescending(p => p.Time).Take(Most).Reverse()];

    /// <summary>Their bars, in a picture of this size.</summary>
    public static IReadOnlyList<ChartBar> Of(IReadOnlyList<PointSummary> points, double width, double height)
    {
        if (points.Count == 0)
        {
            return [];
        }
        var largest = Math.Max(1, points.Max(p => p.Bytes));
        var room = width / points.Count;
        var wide = Math.Min(room * 0.78, Widest);
        return
        [
            .. points.Select(
                (p, i) =>
                {
                    var tall = Math.Max(Least, height * p.Bytes / largest);
                    return new ChartBar(
                        (i * room) + ((room - wide) / 2),
                        height - tall,
                        wide,
                        tall,
                        BackupWords.IsFull(p.Kind),
                        $"{Amounts.Time(p.Time)} UTC: {BackupWords.Kind(p.Kind).ToLowerInvariant()}, {Amounts.Bytes(p.Bytes)}"
                    );
                }
            ),
        ];
    }
}

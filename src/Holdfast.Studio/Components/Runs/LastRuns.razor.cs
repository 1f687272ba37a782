using Holdfast.Core.Runs;

namespace Holdfast.Studio.Components.Runs;

/// <summary>
/// The last run of each server-wide task: the last scheduled one, or the last requested one if none was scheduled. Shows
/// nothing before the first run.
/// </summary>
public sealed partial class LastRuns
{
    private const int MaxLoaded = 100;
    private const int MaxShown = 5;

    private IReadOnlyList<Run> _runs = [];

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var found = (await Api.Runs.ListPageAsync(new() { Limit = MaxLoaded }, cancellationToken)).Items;
        _runs =
        [
            .. found
                .GroupBy(r => r.TemplateId)
                .Select(g => g.FirstOrDefault(r => r.Slot is not null) ?? g.First())
                .OrderByDescending(r => r.Failed + r.Missed)
                .Take(MaxShown),
        ];
    }
}

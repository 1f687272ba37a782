using System.Globalization;
using Holdfast.Core.Runs;

namespace Holdfast.Studio.Pages.Runs;

public sealed partial class RunsPage
{
    private const int PageSize = 50;

    private IReadOnlyList<Run> _runs = [];
    private string? _next;
    private int _limit = PageSize;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var page = await Api.Runs.ListPageAsync(new() { Limit = _limit }, cancellationToken);
        (_runs, _next) = (page.Items, page.Next);
    }

    private Task MoreAsync()
    {
        _limit = Math.Min(_limit + PageSize, 1_000);
        return ReloadAsync();
    }

    private static string KindText(Run run) => $"{run.Kind.ToString().ToLowerInvariant()}, started";

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

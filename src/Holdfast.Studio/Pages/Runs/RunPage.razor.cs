using Holdfast.Api.Runs;
using Holdfast.Core.Runs;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Runs;

public sealed partial class RunPage
{
    private const int PageSize = 100;

    private Run? _run;
    private IReadOnlyList<RunDatabaseView> _databases = [];
    private int _limit = PageSize;

    [Parameter]
    public string Id { get; set; } = "";

    [SupplyParameterFromQuery]
    private string? State { get; set; }

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var found = await Api.Runs.FindAsync(Id, cancellationToken);
        _databases = found is null
            ? []
            : (await Api.Runs.ListDatabasePageAsync(Id, new() { State = State, Limit = _limit }, cancellationToken)).Items;
        _run = found;
    }

    private static string Note(Run run) =>
        run.Slot is null ? $"Asked for by {RunFormatter.AskedBy(run)}. The schedule stays as it is."
        : run.Missed > 0
            ? "Missed: the slot passed, and no backup of the database began within an hour. One that begins later is no longer "
                + "counted as missed."
        : "What was due in this slot counts, tried or not. A backup that failed and is tried again belongs to the same run.";

    private string StateText() =>
        "Only: "
        + $"{string.Join(", ", State!.Split(',').Select(s => RunFormatter.AppearanceOfDatabase(s, unchanged: false).Label.ToLowerInvariant()))}";

    private void Go(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, value), replace: true);

    private Task MoreAsync()
    {
        _limit = Math.Min(_limit + PageSize, 1_000);
        return ReloadAsync();
    }

    private async Task AbortAsync()
    {
        if (!await ConfirmAbortAsync())
        {
            return;
        }
        await ExecuteAsync(() => Api.Runs.AbortAsync(Id), "All of it that waited or ran is stopped.");
    }

    private Task<bool> ConfirmAbortAsync() =>
        ConfirmAsync(
            "Abort all of this run?",
            "All its backups that wait or run stop, and what they have written is removed at every destination. Their slots "
                + "count as used: they run again at the next one.",
            "Backups that are done stay, and older ones too. What is due later in this slot by its spread still begins.",
            "Abort all"
        );
}

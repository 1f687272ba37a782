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
        run.Slot is null ? $"Requested by {RunFormatter.RequestedBy(run)}. The schedule is not affected."
        : run.Missed > 0
            ? "Missed: no backup of the database started within an hour of its scheduled time. A database whose backup starts later "
                + "no longer counts as missed."
        : "The run includes every database that was due at this time. Retries of failed backups belong to the same run.";

    private string StateText() =>
        "Only: "
        + string.Join(", ", State!.Split(',').Select(s => RunFormatter.AppearanceOfDatabase(s, unchanged: false).Label.ToLowerInvariant()));

    // The kind of the archive that was stored; a dash if none was.
    private static string StoredKind(RunDatabaseView database) =>
        database.Kind is { } kind && database.State is "Completed" or "CompletedWithErrors" && !database.Unchanged
            ? database.Kind.ToString()!.ToLowerInvariant()
            : "–";

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
        await ExecuteAsync(() => Api.Runs.AbortAsync(Id), "All queued and running backups of this run are being aborted.");
    }

    private Task<bool> ConfirmAbortAsync() =>
        ConfirmAsync(
            "Abort this run?",
            "All queued and running backups of the run stop, and their partial archives are removed from all destinations. They "
                + "will not be retried before their next scheduled time.",
            "Completed backups are kept. Databases whose start is spread to a later time still start.",
            "Abort all"
        );
}

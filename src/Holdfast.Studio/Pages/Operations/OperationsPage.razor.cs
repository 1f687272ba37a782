using Holdfast.Core.Operations;
using Holdfast.Server.Endpoints;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Operations;

/// <summary>What runs, with how far it is; what has run, the newest first.</summary>
public sealed partial class OperationsPage
{
    private const int MostLive = 50;
    private const int Step = 50;
    private const int MostShown = 5_000;

    private static readonly OperationState[] Ends =
    [
        OperationState.Completed,
        OperationState.CompletedWithErrors,
        OperationState.Failed,
        OperationState.Aborted,
    ];

    private IReadOnlyList<Operation> _live = [];
    private IReadOnlyList<Operation> _finished = [];
    private OperationCounts? _ended;
    private int _waiting;
    private int _found;

    [SupplyParameterFromQuery]
    private string? State { get; set; }

    [SupplyParameterFromQuery]
    private string? Kind { get; set; }

    [SupplyParameterFromQuery]
    private string? Search { get; set; }

    [SupplyParameterFromQuery]
    private int? Shown { get; set; }

    private bool IsNarrowed => Kind is not null || Search is not null;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var filter = OperationFilter.Query(Kind, Search);
        var shown = Math.Clamp(Shown ?? Step, Step, MostShown);
        var running = await Api.GetAsync<Page<Operation>>($"operations?state=Running&limit={MostLive}{filter}", cancellationToken);
        var queued =
            running.Items.Count == MostLive
                ? []
                : (
                    await Api.GetAsync<Page<Operation>>(
                        $"operations?state=Queued&limit={MostLive - running.Items.Count}{filter}",
                        cancellationToken
                    )
                ).Items;
        var going = await Api.GetAsync<OperationCounts>($"operations/counts?ended=false{filter}", cancellationToken);
        var ended = await Api.GetAsync<OperationCounts>($"operations/counts?ended=true{filter}", cancellationToken);
        var state = Ends.Select(e => e.ToString()).Contains(State) ? $"&state={State}" : "";
        _finished =
        [
            .. (
                await Api.ListAsync<Operation>(
                    $"operations?ended=true&limit={Math.Min(shown, 1_000)}{state}{filter}",
                    shown,
                    cancellationToken
                )
            ).Take(shown),
        ];
        _found = state.Length == 0 ? ended.Total : ended.States.GetValueOrDefault(State!);
        (_live, _waiting, _ended) = ([.. running.Items, .. queued], going.Total, ended);
    }

    protected override bool Take(LiveBatch batch)
    {
        if (batch.Operations.Count == 0)
        {
            return false;
        }
        var told = batch.Operations.ToDictionary(o => o.Id, StringComparer.Ordinal);
        _live = [.. _live.Select(o => told.GetValueOrDefault(o.Id, o)).Where(o => !o.HasEnded)];
        return true;
    }

    // Of databases and tasks nothing is shown here.
    protected override bool IsAbout(LiveBatch batch) => batch.Changed.Contains("reload") || (batch.Operations.Count > 0 && batch.HasNews);

    private string Address(string name, string? value) =>
        Navigation.GetUriWithQueryParameters(
            new Dictionary<string, object?> { [name] = string.IsNullOrEmpty(value) ? null : value, ["shown"] = null }
        );

    private void Go(string name, string? value) => Navigation.NavigateTo(Address(name, value), replace: true);

    private void More() => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("shown", (Shown ?? Step) + (2 * Step)), replace: true);
}

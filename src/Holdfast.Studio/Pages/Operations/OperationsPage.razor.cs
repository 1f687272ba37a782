using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Core.Operations;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Operations;

/// <summary>What runs, with how far it is; what has run, the newest first.</summary>
public sealed partial class OperationsPage
{
    private const int MaxActive = 50;
    private const int PageSize = 50;
    private const int MaxShown = 5_000;

    private static readonly OperationState[] FinalStates =
    [
        OperationState.Completed,
        OperationState.CompletedWithErrors,
        OperationState.Failed,
        OperationState.Aborted,
    ];

    private IReadOnlyList<Operation> _active = [];
    private IReadOnlyList<Operation> _finished = [];
    private OperationCounts? _endedCounts;
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

    private bool IsFiltered => Kind is not null || Search is not null;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var filter = OperationFilter.Query(Kind, Search);
        var shown = Math.Clamp(Shown ?? PageSize, PageSize, MaxShown);
        var running = await Api.GetAsync<Page<Operation>>($"operations?state=Running&limit={MaxActive}{filter}", cancellationToken);
        var queued =
            running.Items.Count == MaxActive
                ? []
                : (
                    await Api.GetAsync<Page<Operation>>(
                        $"operations?state=Queued&limit={MaxActive - running.Items.Count}{filter}",
                        cancellationToken
                    )
                ).Items;
        var going = await Api.GetAsync<OperationCounts>($"operations/counts?ended=false{filter}", cancellationToken);
        var ended = await Api.GetAsync<OperationCounts>($"operations/counts?ended=true{filter}", cancellationToken);
        var state = FinalStates.Select(e => e.ToString()).Contains(State) ? $"&state={State}" : "";
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
        (_active, _waiting, _endedCounts) = ([.. running.Items, .. queued], going.Total, ended);
    }

    protected override bool ApplyUpdate(UpdateBatch batch)
    {
        if (batch.Operations.Count == 0)
        {
            return false;
        }
        var told = batch.Operations.ToDictionary(o => o.Id, StringComparer.Ordinal);
        _active = [.. _active.Select(o => told.GetValueOrDefault(o.Id, o)).Where(o => !o.HasEnded)];
        return true;
    }

    // Of databases and tasks nothing is shown here.
    protected override bool IsAffectedBy(UpdateBatch batch) =>
        batch.Changed.Contains("reload") || (batch.Operations.Count > 0 && batch.HasChanges);

    private string Address(string name, string? value) =>
        Navigation.GetUriWithQueryParameters(
            new Dictionary<string, object?> { [name] = string.IsNullOrEmpty(value) ? null : value, ["shown"] = null }
        );

    private void Go(string name, string? value) => Navigation.NavigateTo(Address(name, value), replace: true);

    private void ShowMore() =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("shown", (Shown ?? PageSize) + (2 * PageSize)), replace: true);
}

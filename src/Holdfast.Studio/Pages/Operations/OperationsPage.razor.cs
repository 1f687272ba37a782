using System.Globalization;
using Holdfast.Api;
using Holdfast.Api.Operations;
using Holdfast.Core.Operations;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Operations;

/// <summary>Running operations with their progress, and finished ones, newest first.</summary>
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
        var query = new OperationQuery
        {
            Kind = Enum.TryParse(Kind, out OperationKind kind) && Enum.IsDefined(kind) ? kind : null,
            Search = string.IsNullOrEmpty(Search) ? null : Search,
        };
        var shown = Math.Clamp(Shown ?? PageSize, PageSize, MaxShown);
        // The queued ones first: one that starts in between is in both lists; the other way round it would be in neither.
        var queued = await ListActiveAsync(query with { State = OperationState.Queued, Limit = MaxActive }, cancellationToken);
        var running = await ListActiveAsync(query with { State = OperationState.Running, Limit = MaxActive }, cancellationToken);
        var active = await Api.Operations.CountAsync(query with { Ended = false }, cancellationToken);
        var ended = await Api.Operations.CountAsync(query with { Ended = true }, cancellationToken);
        OperationState? state = FinalStates.Any(s => s.ToString() == State) ? Enum.Parse<OperationState>(State!) : null;
        var finished = query with { Ended = true, State = state, Limit = Math.Min(shown, ApiRoutes.MaxPageSize) };
        _finished = await Api.Operations.ListAsync(finished, cancellationToken).Take(shown).ToListAsync(cancellationToken);
        _found = state is null ? ended.Total : ended.States.GetValueOrDefault(State!);
        _active = [.. running.Concat(queued).DistinctBy(o => o.Id).Take(MaxActive)];
        (_waiting, _endedCounts) = (active.Total, ended);
    }

    protected override bool ApplyUpdate(UpdateBatch batch)
    {
        if (batch.Operations.Count == 0)
        {
            return false;
        }
        var updated = batch.Operations.ToDictionary(o => o.Id, StringComparer.Ordinal);
        _active = [.. _active.Select(o => updated.GetValueOrDefault(o.Id, o)).Where(o => !o.HasEnded)];
        return true;
    }

    // The page shows no data of databases or tasks.
    protected override bool IsAffectedBy(UpdateBatch batch) =>
        batch.Changed.Contains("reload") || (batch.Operations.Count > 0 && batch.HasChanges);

    private async Task<IReadOnlyList<Operation>> ListActiveAsync(OperationQuery query, CancellationToken cancellationToken) =>
        (await Api.Operations.ListPageAsync(query, cancellationToken)).Items;

    private string Address(string name, string? value) =>
        Navigation.GetUriWithQueryParameters(
            new Dictionary<string, object?> { [name] = string.IsNullOrEmpty(value) ? null : value, ["shown"] = null }
        );

    private void Go(string name, string? value) => Navigation.NavigateTo(Address(name, value), replace: true);

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private void ShowMore() =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("shown", (Shown ?? PageSize) + (2 * PageSize)), replace: true);
}

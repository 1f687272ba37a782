using Holdfast.Api;
using Holdfast.Api.Databases;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>All databases of all sources, by default those that need attention first.</summary>
public sealed partial class DatabasesPage
{
    private DatabaseCounts? _counts;
    private IReadOnlyList<string> _sources = [];
    private Virtualize<DatabaseView>? _rows;
    private DatabaseQuery _query = new();
    private int _found;

    [SupplyParameterFromQuery]
    private string? State { get; set; }

    [SupplyParameterFromQuery]
    private string? Source { get; set; }

    [SupplyParameterFromQuery]
    private string? Search { get; set; }

    [SupplyParameterFromQuery]
    private string? Template { get; set; }

    [SupplyParameterFromQuery]
    private string? Sort { get; set; }

    private bool IsFiltered => State is not null || Source is not null || Search is not null || Template is not null;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _query = DatabaseListQuery.Build(State, Source, Search, Template, Sort);
        var counts = await Api.Databases.CountAsync(_query, cancellationToken);
        _sources = [.. (await Api.Sources.ListAsync(cancellationToken)).Select(s => s.Name)];
        _found = State is null ? counts.Total : State.Split(',').Sum(s => counts.States.GetValueOrDefault(s));
        _counts = counts;
        if (_rows is not null)
        {
            await _rows.RefreshDataAsync();
        }
    }

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.HasChanges;

    private async ValueTask<ItemsProviderResult<DatabaseView>> PageAsync(ItemsProviderRequest request)
    {
        var count = Math.Clamp(request.Count, 1, ApiRoutes.MaxPageSize);
        var page = await Api.Databases.ListPageAsync(_query with { Skip = request.StartIndex, Limit = count }, request.CancellationToken);
        return new(page.Items, _found);
    }

    private bool IsShown(string state) => State?.Split(',').Contains(state, StringComparer.OrdinalIgnoreCase) == true;

    private string Address(string name, string? value) =>
        Navigation.GetUriWithQueryParameter(name, string.IsNullOrEmpty(value) ? null : value);

    private void Go(string name, string? value) => Navigation.NavigateTo(Address(name, value), replace: true);

    private Task SearchAsync(string? text)
    {
        Go("search", text);
        return Task.CompletedTask;
    }
}

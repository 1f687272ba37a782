using Holdfast.Api;
using Holdfast.Api.Access;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Admin;

/// <summary>The audit log, newest entries first.</summary>
public sealed partial class AuditPage
{
    private const int PageSize = 100;

    private IReadOnlyList<AuditEntry> _entries = [];
    private string? _next;
    private bool _isLoadingMore;

    [SupplyParameterFromQuery]
    private string? Search { get; set; }

    // No live updates: the list must not move while the user reads it.
    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var page = await LoadPageAsync(null, cancellationToken);
        (_entries, _next) = (page.Items, page.Next);
    }

    private async Task LoadMoreAsync()
    {
        _isLoadingMore = true;
        try
        {
            var page = await LoadPageAsync(_next, PageClosed);
            (_entries, _next) = ([.. _entries, .. page.Items], page.Next);
        }
        finally
        {
            _isLoadingMore = false;
        }
    }

    private Task<Page<AuditEntry>> LoadPageAsync(string? after, CancellationToken cancellationToken) =>
        Api.Audit.ListPageAsync(after, PageSize, Search, cancellationToken);

    private void SearchFor(string? text) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("search", string.IsNullOrEmpty(text) ? null : text), replace: true);
}

using Holdfast.Api.Backups;
using Holdfast.Api.Sources;
using Holdfast.Core.Databases;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>Name and source of the new database.</summary>
public sealed partial class NameStep
{
    private IReadOnlyList<SourceView> _sources = [];
    private string _source = "";
    private string _name = "";
    private string _node = "";
    private string? _problem;

    [Parameter, EditorRequired]
    public RestorePointCheckView Check { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestorePointSummary Point { get; set; } = default!;

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("databases");

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _sources = [.. (await Api.Sources.ListAsync(cancellationToken)).Where(s => s.Engine == Check.Engine)];
        _node = (await Api.Cluster.GetAsync(cancellationToken)).Nodes[0].Tag;
        if (_name.Length == 0)
        {
            await SuggestAsync();
        }
        await ValidateNameAsync();
    }

    // The name in the URL, if the user has chosen one before; otherwise the original source and the first unused name.
    private async Task SuggestAsync()
    {
        var old = DatabaseId.Parse(Check.Database!);
        _source = _sources.Select(s => s.Name).OrderByDescending(s => s == old.Source).FirstOrDefault() ?? "";
        if (Address.Target is { } target && DatabaseId.Parse(target) is var chosen && _sources.Any(s => s.Name == chosen.Source))
        {
            (_source, _name) = (chosen.Source, chosen.Name);
        }
        else
        {
            _name = await DatabaseNameSuggestion.SuggestAsync(old.Name, IsTakenAsync);
        }
    }

    private async Task<bool> IsTakenAsync(string name) =>
        await Api.Databases.FindAsync($"{_source}/{name}", PageClosed) is { Dropped: null };

    private async Task ChooseSourceAsync(string? source)
    {
        _source = source ?? "";
        await ValidateNameAsync();
    }

    private async Task ChangeNameAsync(string? name)
    {
        _name = name ?? "";
        await ValidateNameAsync();
    }

    private async Task ValidateNameAsync()
    {
        var name = _name;
        var problem = DatabaseNameSuggestion.Validate(name)
            ?? (await IsTakenAsync(name) ? $"{_source}/{name} already exists. A restore always creates a new database." : null);
        if (name == _name)
        {
            _problem = problem; // otherwise the user has typed on meanwhile
        }
    }

    private void ChooseLocation(string? location) =>
        Navigation.NavigateTo((Address with { At = location, Target = $"{_source}/{_name}" }).ToString(), replace: true);

    private async Task NextAsync()
    {
        await ValidateNameAsync();
        if (_problem is null)
        {
            Navigation.NavigateTo((Address with { Target = $"{_source}/{_name}", Step = RestoreAddress.SummaryStep }).ToString());
        }
    }
}

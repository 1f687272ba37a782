using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore;

/// <summary>
/// The restore wizard. Its state is in the URL. Keys that the user enters exist only in this object and are sent only with this
/// restore.
/// </summary>
public sealed partial class RestorePage
{
    private static readonly (RestoreStep Step, string Label)[] Steps =
    [
        (RestoreStep.Location, "Location"),
        (RestoreStep.Point, "Restore point"),
        (RestoreStep.Key, "Key"),
        (RestoreStep.Name, "New database"),
        (RestoreStep.Summary, "Summary"),
        (RestoreStep.Progress, "Progress"),
    ];

    private static readonly Dictionary<RestoreStep, string> Titles = new()
    {
        [RestoreStep.Location] = "Select the location of the backup",
        [RestoreStep.Point] = "Select a restore point",
        [RestoreStep.Key] = "Check the restore point",
        [RestoreStep.Name] = "Name the new database",
        [RestoreStep.Summary] = "Review the restore",
        [RestoreStep.Progress] = "Restore progress",
    };

    private readonly List<string> _keys = [];
    private ElementReference _title;
    private RestoreStep _focusedStep;
    private string? _searchedFrom;
    private IReadOnlyList<BackedUpDatabaseView>? _databases;
    private IReadOnlyList<ChainSummary> _chains = [];
    private IReadOnlyDictionary<string, OperationError> _problems = new Dictionary<string, OperationError>();
    private RestorePointSummary? _point;
    private string? _checkedArchive;
    private RestorePointCheckView? _check;
    private IReadOnlyList<ValidationError> _keyErrors = [];
    private ApiException? _restoreFailure;
    private bool _isChecking;

    [SupplyParameterFromQuery]
    private string? From { get; set; }

    [SupplyParameterFromQuery]
    private string? Point { get; set; }

    [SupplyParameterFromQuery]
    private string? At { get; set; }

    [SupplyParameterFromQuery]
    private string? Target { get; set; }

    [SupplyParameterFromQuery]
    private string? Step { get; set; }

    [SupplyParameterFromQuery]
    private string? Operation { get; set; }

    [SupplyParameterFromQuery]
    private string? Month { get; set; }

    [SupplyParameterFromQuery]
    private string? Day { get; set; }

    private RestoreAddress Address =>
        new()
        {
            From = From,
            Point = Point,
            At = At,
            Target = Target,
            Step = Step,
            Operation = Operation,
        };

    private RestoreStep Current =>
        Operation is not null ? RestoreStep.Progress
        : string.IsNullOrEmpty(From) ? RestoreStep.Location
        : Point is null || _databases is not null || (_searchedFrom == From && _point is null) ? RestoreStep.Point
        : _check is not { Problem: null } ? RestoreStep.Key
        : Step == RestoreAddress.SummaryStep && Target is not null ? RestoreStep.Summary
        : RestoreStep.Name;

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _restoreFailure = null;
        if (Operation is not null || string.IsNullOrEmpty(From))
        {
            return;
        }
        if (_searchedFrom != From || Point is null)
        {
            await SearchAsync(From, cancellationToken);
        }
        _point = _chains.SelectMany(c => c.Points).FirstOrDefault(p => p.IsRestorable && p.UrlKey == Point);
        if (_point?.FindArchiveAt(At) is not { } archive || (_checkedArchive == archive && _check is not null))
        {
            return;
        }
        await CheckAsync(archive, cancellationToken);
        if (_check is not { Problem: { } problem } || _keys.Count == 0 || !problem.Code.StartsWith("key-", StringComparison.Ordinal))
        {
            return;
        }
        ForgetKeys(); // it was entered for another restore point
        await CheckAsync(archive, cancellationToken);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _focusedStep = Current;
        }
        if (_focusedStep == Current)
        {
            return;
        }
        _focusedStep = Current;
        await _title.FocusAsync(); // so that a screen reader reads the next step and the keyboard continues there
    }

    // For a destination or a path, the user selects a database first, unless there is only one.
    private async Task SearchAsync(string from, CancellationToken cancellationToken)
    {
        (_searchedFrom, _databases, _chains, _check) = (null, null, [], null);
        if (from.StartsWith('/') || from.StartsWith("destination:", StringComparison.Ordinal))
        {
            var databases = await Api.Backups.ListDatabasesAsync(from, cancellationToken);
            if (databases.Count != 1)
            {
                (_searchedFrom, _databases) = (from, databases);
                return;
            }
        }

        var found = await Api.Backups.ListChainsAsync(from, cancellationToken);
        (_searchedFrom, _chains, _problems) = (from, ChainSummary.Of(found), found.Problems);
    }

    private async Task CheckAsync(string archive, CancellationToken cancellationToken)
    {
        if (_checkedArchive != archive)
        {
            (_checkedArchive, _check) = (archive, null); // for another key of the same archive, the step stays visible
        }
        _keyErrors = [];
        _check = await Api.Backups.CheckAsync(new() { From = archive, Keys = [.. _keys] }, cancellationToken);
    }

    private async Task TryKeyAsync(string key)
    {
        _isChecking = true;
        ForgetKeys();
        try
        {
            _keys.Add(key);
            await CheckAsync(_checkedArchive!, PageClosed);
        }
        catch (ApiException e)
        {
            ForgetKeys();
            _check = await Api.Backups.CheckAsync(new() { From = _checkedArchive! }, PageClosed);
            _keyErrors = e.ValidationErrors.Count > 0 ? e.ValidationErrors : [new("keys", e.Message, e.Hint ?? "")];
        }

        if (_check?.Problem is not null)
        {
            ForgetKeys(); // a key that does not fit is not sent with the restore
        }
        _isChecking = false;
    }

    private async Task RestoreAsync((bool KeepMode, bool KeepOwner) file)
    {
        _restoreFailure = null;
        try
        {
            var request = new RestoreRequest
            {
                From = _point!.FindArchiveAt(At)!,
                Target = Target!,
                Keys = [.. _keys],
                KeepMode = file.KeepMode,
                KeepOwner = file.KeepOwner,
            };
            var accepted = await Api.Backups.RestoreAsync(request, PageClosed);
            Navigation.NavigateTo((Address with { Step = null, Operation = accepted.OperationId }).ToString());
        }
        catch (ApiException e)
        {
            _restoreFailure = e;
        }
    }

    private void ForgetKeys() => _keys.Clear();
}

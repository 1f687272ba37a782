using Holdfast.Api.Databases;
using Holdfast.Api.Destinations;
using Holdfast.Studio.Live;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>Asks where the backup is: a database, a destination or a path.</summary>
public sealed partial class LocationStep
{
    private const int MaxShown = 12;

    private string _search = "";
    private string _path = "";
    private string? _pathProblem;
    private bool _hasMore;
    private IReadOnlyList<DatabaseView> _databases = [];
    private IReadOnlyList<string> _roots = [];
    private IReadOnlyList<DestinationView> _destinations = [];

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("databases");

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var page = await Api.Databases.ListPageAsync(
            new()
            {
                Sort = "name",
                Limit = MaxShown + 1,
                Search = _search,
            },
            cancellationToken
        );
        (_databases, _hasMore) = ([.. page.Items.Take(MaxShown)], page.Items.Count > MaxShown);
        _roots = (await Api.Server.GetAsync(cancellationToken)).LocalRoots;
        _destinations = await Api.Destinations.ListAsync(cancellationToken);
    }

    private Task SearchAsync(string? text)
    {
        _search = text ?? "";
        return ReloadAsync();
    }

    private void SearchPath()
    {
        _pathProblem = _path.Trim().StartsWith('/') ? null : "Enter an absolute path, starting with /.";
        if (_pathProblem is null)
        {
            Navigation.NavigateTo(new RestoreAddress { From = _path.Trim() }.ToString());
        }
    }
}

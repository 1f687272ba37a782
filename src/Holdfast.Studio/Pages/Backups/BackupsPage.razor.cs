using Holdfast.Api.Databases;
using Holdfast.Core.Operations;
using Holdfast.Studio.Chains;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>The chains of one database at all destinations.</summary>
public sealed partial class BackupsPage
{
    private const int InitiallyShown = 20;
    private const string NoOpenChain = "none";

    private DatabaseView? _database;
    private IReadOnlyList<ChainSummary> _chains = [];
    private IReadOnlyList<RestorePointSummary> _points = [];
    private IReadOnlyDictionary<string, OperationError> _problems = new Dictionary<string, OperationError>();
    private bool _hasMore;

    [Parameter]
    public string Id { get; set; } = "";

    [SupplyParameterFromQuery]
    private string? Chain { get; set; }

    [SupplyParameterFromQuery]
    private bool All { get; set; }

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _database = await Api.Databases.FindAsync(Id, cancellationToken);
        var found = await Api.Backups.ListChainsAsync(Id, cancellationToken);
        _chains = ChainSummary.Of(found);
        _points = [.. _chains.SelectMany(c => c.Points)];
        (_problems, _hasMore) = (found.Problems, found.More);
    }

    // Loading lists the destinations, so only when an operation of this database has ended.
    protected override bool IsAffectedBy(UpdateBatch batch) =>
        batch.Changed.Contains("reload") || batch.Operations.Any(o => o.HasEnded && o.Database?.ToString() == Id);

    private IEnumerable<ChainSummary> Shown() =>
        All ? _chains : _chains.Take(InitiallyShown).Concat(_chains.Skip(InitiallyShown).Where(c => c.Folder == Chain));

    private bool IsOpen(ChainSummary chain) => Chain is null ? chain == _chains[0] : chain.Folder == Chain;

    private void Toggle(ChainSummary chain) =>
        Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("chain", IsOpen(chain) ? NoOpenChain : chain.Folder), replace: true);

    private Task<bool> VerifyAsync() =>
        ExecuteAsync(
            () => Api.Backups.VerifyAsync(new() { From = Id }),
            "Verification started. Operations shows its progress, this page its result."
        );

    private IEnumerable<(string Location, long Bytes, int MissingCount)> SummarizeLocations() =>
        _chains
            .SelectMany(c =>
                c.Copies.Select(copy =>
                    (copy.Location, Bytes: c.Points.Where(p => copy.ArchiveNames.Contains(p.Name)).Sum(p => p.Bytes), copy.MissingCount)
                )
            )
            .GroupBy(copy => copy.Location)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, g.Sum(copy => copy.Bytes), g.Sum(copy => copy.MissingCount)));
}

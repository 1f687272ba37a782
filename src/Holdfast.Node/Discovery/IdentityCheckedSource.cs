using Holdfast.Core.Errors;
using Holdfast.Engines;

namespace Holdfast.Node.Discovery;

/// <summary>
/// A source of which each use is held against what is known by its name: another server or file system may have come in
/// its place since it was looked at.
/// </summary>
/// <param name="inner">The source.</param>
/// <param name="check">Throws where it is another.</param>
internal sealed class IdentityCheckedSource(IDatabaseSource inner, Action<SourceInfo> check) : IDatabaseSource
{
    public string Name => inner.Name;

    public SkippedFiles SkippedFiles => inner.SkippedFiles;

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

    public Task<ConnectionTestResult> TestConnectionAsync(CancellationToken cancellationToken) =>
        inner.TestConnectionAsync(cancellationToken);

    public IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken) =>
        inner.DiscoverAsync(cancellationToken);

    public Task<bool> AssignIdentityAsync(string identity, CancellationToken cancellationToken) =>
        inner.AssignIdentityAsync(identity, cancellationToken);

    public Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => inner.ExplainAbsenceAsync(names, cancellationToken);

    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        var view = await inner.OpenViewAsync(database, request, cancellationToken);
        await CheckIdentityAsync(view.Source, view);
        return view;
    }

    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        var target = await inner.BeginRestoreAsync(request, cancellationToken);
        await CheckIdentityAsync(target.Source, target);
        return target;
    }

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => inner.RemoveLeftoversAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task CheckIdentityAsync(SourceInfo? info, IAsyncDisposable opened)
    {
        if (info is null)
        {
            return; // its engine does not tell; the looks do
        }
        try
        {
            check(info);
        }
        catch
        {
            await opened.DisposeAsync(); // nothing of it was read or written
            throw;
        }
    }
}

using Holdfast.Core.Errors;
using Holdfast.Engines;

namespace Holdfast.Node.Discovery;

/// <summary>
/// A source of which each use is held against what is known by its name: another server or file system may have come in
/// its place since it was looked at.
/// </summary>
/// <param name="inner">The source.</param>
/// <param name="check">Throws where it is another.</param>
internal sealed class CheckedSource(IDatabaseSource inner, Action<SourceInfo> check) : IDatabaseSource
{
    public string Name => inner.Name;

    public PassedOver PassedOver => inner.PassedOver;

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

    public Task<SourceTest> TestAsync(CancellationToken cancellationToken) => inner.TestAsync(cancellationToken);

    public IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync(CancellationToken cancellationToken) =>
        inner.DiscoverAsync(cancellationToken);

    public Task<bool> IdentifyAsync(string identity, CancellationToken cancellationToken) =>
        inner.IdentifyAsync(identity, cancellationToken);

    public Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) => inner.ExplainAbsenceAsync(names, cancellationToken);

    public async Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        var view = await inner.OpenViewAsync(database, request, cancellationToken);
        await CheckAsync(view.Source, view);
        return view;
    }

    public async Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken)
    {
        var target = await inner.BeginRestoreAsync(request, cancellationToken);
        await CheckAsync(target.Source, target);
        return target;
    }

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => inner.RemoveLeftoversAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task CheckAsync(SourceInfo? info, IAsyncDisposable opened)
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

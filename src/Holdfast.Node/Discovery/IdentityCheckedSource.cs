using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Checks the identity of a source at each use: another server or file system may have taken its place since the last discovery.
/// </summary>
/// <param name="inner">The source.</param>
/// <param name="check">Throws if it is another source than the known one of its name.</param>
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
            return; // the engine does not report it here; discovery checks it
        }
        try
        {
            check(info);
        }
        catch
        {
            await opened.DisposeAsync(); // nothing has been read or written
            throw;
        }
    }
}

using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Node.Sources;

/// <summary>
/// Stands in for a source whose definition cannot be used, for example one that a newer node has stored. Discovery reports the reason.
/// </summary>
/// <param name="name">Name of the source.</param>
/// <param name="reason">Why its definition cannot be used.</param>
internal sealed class UnusableSource(string name, HoldfastException reason) : IDatabaseSource
{
    public string Name => name;

    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => Task.FromException<SourceInfo>(Reason());

    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.FromException(Reason());
        yield break;
    }

    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        Task.FromException<IDatabaseView>(Reason());

    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        Task.FromException<IRestoreTarget>(Reason());

    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => default;

    private HoldfastException Reason() => new(reason.Error, reason.Message, reason.Hint, reason);
}

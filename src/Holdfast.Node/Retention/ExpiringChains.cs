using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Storage;
using Holdfast.State;

namespace Holdfast.Node.Retention;

/// <summary>
/// The chains whose deletion by retention has begun: what a deletion that was killed has left of them is expiring, not damaged. Shared by
/// all nodes.
/// </summary>
/// <param name="records">The chains, by <c>DESTINATION/TASK</c>.</param>
public sealed class ExpiringChains(WriteBehindState<ExpiringChainList> records)
{
    /// <summary>The chains of a task at a destination whose deletion has begun.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="task">Id of the task.</param>
    public IReadOnlyList<ExpiringChain> Of(string destination, string task) => records.Find(KeyOf(destination, task))?.Chains ?? [];

    /// <summary>Whether the deletion of a chain has begun.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="chain">Path of its folder there.</param>
    public bool Contains(string destination, string chain) =>
        ChainName.TryParse(chain[(chain.LastIndexOf('/') + 1)..])?.Task is { } task && Of(destination, task).Any(c => c.Path == chain);

    /// <summary>Records that the deletion of chains begins. Stored when this returns.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="task">Id of the task.</param>
    /// <param name="chains">The chains, as listed.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async Task AddAsync(
        string destination,
        string task,
        IReadOnlyCollection<StoredChain> chains,
        CancellationToken cancellationToken
    )
    {
        var key = KeyOf(destination, task);
        records.Change(key, before =>
        {
            var known = before?.Chains ?? [];
            var added = chains
                .Where(c => known.All(k => k.Path != c.Path))
                .Select(c => new ExpiringChain(c.Path, c.Archives.Count))
                .ToList();
            return added.Count == 0 ? before : new() { Chains = [.. known, .. added] };
        });
        await records.WaitUntilStoredAsync(key, cancellationToken);
    }

    /// <summary>Records that chains no longer exist, or that nothing of them was deleted and they are kept.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="task">Id of the task.</param>
    /// <param name="paths">Their paths.</param>
    internal void Remove(string destination, string task, IReadOnlyCollection<string> paths)
    {
        var left = Of(destination, task).Where(c => !paths.Contains(c.Path)).ToList();
        if (left.Count == 0)
        {
            records.Remove(KeyOf(destination, task));
        }
        else
        {
            records.Set(KeyOf(destination, task), new() { Chains = left });
        }
    }

    private static string KeyOf(string destination, string task) => $"{destination}/{task}";
}

using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Backups;

/// <summary>
/// What the destinations hold of one database, as far as the next backup of one task needs to know it. A destination that misses archives which
/// another one has gets them copied; so what failed there once is healed before the next incremental.
/// </summary>
internal sealed class ChainSurvey
{
    private ChainSurvey(int count) => Failures = new HoldfastException?[count];

    /// <summary>Why a destination cannot take part; null where it can. By the destinations' order.</summary>
    public HoldfastException?[] Failures { get; }

    /// <summary>The latest time in any name of the database's folder, at any destination and of any task.</summary>
    public DateTimeOffset LastName { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>The task's newest chain with an archive, from a destination that holds it whole; null where there is none.</summary>
    public StoredChain? Chain { get; private set; }

    /// <summary>Whether any destination has a chain of the task.</summary>
    public bool HasChain { get; private set; }

    /// <summary>The folder that <see cref="Chain"/> is in.</summary>
    public DatabaseFolder? Folder { get; private set; }

    /// <summary>Looks at all destinations, removes what killed runs have left there, and heals.</summary>
    /// <exception cref="HoldfastException">No destination can be read; the failure is that of the first.</exception>
    public static async Task<ChainSurvey> TakeAsync(IReadOnlyList<IDestination> destinations, DatabaseId database, string? task, CancellationToken cancellationToken)
    {
        var survey = new ChainSurvey(destinations.Count);
        var found = new StoredChain?[destinations.Count];
        for (var i = 0; i < destinations.Count; i++)
        {
            try
            {
                found[i] = await survey.LookAsync(DatabaseFolder.Of(destinations[i], database), task, cancellationToken);
            }
            catch (HoldfastException e)
            {
                survey.Failures[i] = e;
            }
        }

        if (Array.TrueForAll(survey.Failures, f => f is not null)) throw survey.Failures[0]!;
        await survey.ChooseAsync(destinations, database, found, cancellationToken);
        return survey;
    }

    // The task's newest chain here; newer folders without an archive are leftovers.
    private async Task<StoredChain?> LookAsync(DatabaseFolder folder, string? task, CancellationToken cancellationToken)
    {
        StoredChain? own = null;
        await foreach (var chain in folder.ChainsAsync(cancellationToken))
        {
            if (chain.Leftovers.Count > 0 || chain.Archives.Count == 0) await Leftovers.RemoveAsync(folder.Destination, chain, cancellationToken);
            var last = chain.Archives.Select(a => a.Name.Time).Append(chain.Name.Time).Max();
            if (last > LastName) LastName = last;
            if (chain.Archives.Count == 0) continue;
            if (chain.Name.Task == task)
            {
                own = chain;
                break;
            }
        }

        return own;
    }

    private async Task ChooseAsync(IReadOnlyList<IDestination> destinations, DatabaseId database, StoredChain?[] found, CancellationToken cancellationToken)
    {
        var newest = found.OfType<StoredChain>().MaxBy(c => c.Archives[^1].Name.Time);
        if (newest is null) return;
        HasChain = true;
        // What all of them together hold of the chain, by file name: names never go back in time, so an archive has one at every destination.
        var all = found.OfType<StoredChain>().Where(c => c.Path == newest.Path).SelectMany(c => c.Archives).DistinctBy(a => a.Path).OrderBy(a => a.Name.Time).ToList();
        for (var i = 0; i < destinations.Count; i++)
        {
            if (Failures[i] is not null) continue;
            var chain = found[i]?.Path == newest.Path ? found[i]! : newest with { Archives = [], Leftovers = [] };
            if (chain.Archives.Count < all.Count)
            {
                try
                {
                    await ChainHealer.HealAsync(destinations, i, all, cancellationToken);
                    chain = await DatabaseFolder.ChainAsync(destinations[i], newest.Path, newest.Name, cancellationToken);
                }
                catch (HoldfastException e)
                {
                    Failures[i] = new(e.Error, $"Destination '{destinations[i].Name}' misses archives of the chain, and could not be healed: {e.Message}", e.Hint, e);
                    continue;
                }
            }

            if (Chain is null && chain.Archives.Count == all.Count) (Chain, Folder) = (chain, DatabaseFolder.Of(destinations[i], database));
        }
    }
}

using Holdfast.Core.Databases;
using Holdfast.Core.Runs;
using Holdfast.State;

namespace Holdfast.Node.Runs;

/// <summary>
/// What was due in each run that may still change, as it is stored: in pieces, by <c>RUN/NUMBER</c>. A server that is
/// started again could not find it out: operations of
/// other runs use a slot up, and a database may have lost its task since.
/// </summary>
/// <param name="records">The pieces.</param>
internal sealed class RunDueStore(WriteBehindState<DueDatabaseChunk> records)
{
    // A piece must not be larger than a value of the store may be. Each character of an id takes up to six bytes as JSON.
    private const int MaxPieceBytes = StateLimits.ValueBytes / 2;

    private const int BytesPerItem = 100;

    /// <summary>All lists: the databases by the ids of their tasks, by the ids of the runs.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, (DatabaseId Database, long Bytes)>> All =>
        records
            .Items.GroupBy(r => RunOf(r.Key), r => r.Value.Items, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key,
                g => g.SelectMany(items => items).ToDictionary(d => d.Task, d => (d.Database, d.Bytes), StringComparer.Ordinal),
                StringComparer.Ordinal
            );

    /// <summary>Stores the list of a run in place of the one before. It never gets shorter.</summary>
    public void Set(string run, IReadOnlyDictionary<string, (DatabaseId Database, long Bytes)> due)
    {
        var piece = new List<DueDatabase>();
        var (number, bytes) = (0, 0);
        foreach (var (task, (database, size)) in due.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var more = BytesPerItem + 6 * (task.Length + database.Source.Length + database.Name.Length);
            if (piece.Count > 0 && bytes + more > MaxPieceBytes)
            {
                records.Set($"{run}/{number++}", new([.. piece]));
                piece.Clear();
                bytes = 0;
            }

            piece.Add(new(task, database, size));
            bytes += more;
        }

        if (piece.Count > 0)
        {
            records.Set($"{run}/{number}", new(piece));
        }
    }

    /// <summary>Forgets the lists of runs.</summary>
    public void Remove(params IEnumerable<string> runs)
    {
        var gone = runs.ToHashSet(StringComparer.Ordinal);
        foreach (var key in records.Items.Select(r => r.Key).Where(k => gone.Contains(RunOf(k))).ToList())
        {
            records.Remove(key);
        }
    }

    private static string RunOf(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];
}

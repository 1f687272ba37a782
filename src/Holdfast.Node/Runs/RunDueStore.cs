using Holdfast.Core.Databases;
using Holdfast.Core.Runs;
using Holdfast.State;

namespace Holdfast.Node.Runs;

/// <summary>
/// The databases that were due in each unfinished run, stored in pieces by <c>RUN/NUMBER</c>. A restarted server could not derive
/// them: operations of other runs use up a slot, and a database may have lost its task since.
/// </summary>
/// <param name="records">The stored pieces.</param>
internal sealed class RunDueStore(WriteBehindState<DueDatabaseChunk> records)
{
    // A piece must not exceed the maximum size of a value in the store. Each character of an id takes up to six bytes in JSON.
    private const int MaxPieceBytes = StateLimits.ValueBytes / 2;

    private const int BytesPerItem = 100;

    /// <summary>All lists: databases by task id, by run id.</summary>
    public IReadOnlyDictionary<string, Dictionary<string, (DatabaseId Database, long Bytes)>> All =>
        records
            .Items.GroupBy(r => RunOf(r.Key), r => r.Value.Items, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key,
                g => g.SelectMany(items => items).ToDictionary(d => d.Task, d => (d.Database, d.Bytes), StringComparer.Ordinal),
                StringComparer.Ordinal
            );

    /// <summary>Stores the list of a run, replacing the previous one. A list never gets shorter.</summary>
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

    /// <summary>Deletes the lists of runs.</summary>
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

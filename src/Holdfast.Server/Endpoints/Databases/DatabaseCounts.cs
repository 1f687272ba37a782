using Holdfast.Core.Protection;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>How many databases there are.</summary>
/// <param name="Total">All of them.</param>
/// <param name="States">Those in each state.</param>
public sealed record DatabaseCounts(int Total, IReadOnlyDictionary<string, int> States)
{
    /// <summary>Counts databases.</summary>
    internal static DatabaseCounts Of(IEnumerable<DatabaseProtection> databases)
    {
        var counts = new int[DatabaseStates.All.Count];
        foreach (var database in databases)
        {
            counts[(int)database.State]++;
        }
        return new(counts.Sum(), DatabaseStates.All.Index().ToDictionary(s => s.Item, s => counts[s.Index]));
    }
}

using Holdfast.Api.Databases;
using Holdfast.Core.Protection;

namespace Holdfast.Server.Endpoints.Databases;

/// <summary>Counts databases by state.</summary>
internal static class DatabaseCounter
{
    public static DatabaseCounts Count(IEnumerable<DatabaseProtection> databases)
    {
        var counts = new int[DatabaseStates.All.Count];
        foreach (var database in databases)
        {
            counts[(int)database.State]++;
        }
        return new(counts.Sum(), DatabaseStates.All.Index().ToDictionary(s => s.Item, s => counts[s.Index]));
    }
}

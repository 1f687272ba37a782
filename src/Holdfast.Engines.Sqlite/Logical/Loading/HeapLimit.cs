using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Bounds the memory of SQLite while scripts are loaded. SQLite has one limit per process, so it is set to the memory
/// in use when a statement begins, plus the statement's allowance, plus what was reserved for databases that are read
/// meanwhile. While no script is loaded there is no limit. The gate guards the bounds and every change of SQLite's
/// limit.
/// </summary>
/// <param name="limits">The allowance.</param>
internal sealed class HeapLimit(LoadLimits limits) : IDisposable
{
    private const long MaxRowBytes = 1_000_000_000; // SQLite's own limit

    private static readonly Lock Gate = new();
    private static readonly Dictionary<HeapLimit, long> Bounds = [];
    private static long _reserved;

    /// <summary>
    /// Starts the limit for a statement; <paramref name="statementBytes"/> is the length of the longest statement so
    /// far.
    /// </summary>
    public void Begin(long statementBytes)
    {
        lock (Gate)
        {
            Bounds[this] = sqlite3_memory_used() + limits.GetMaxHeap(statementBytes);
            Apply();
        }
    }

    /// <summary>Removes the limit until the next statement begins.</summary>
    public void End()
    {
        lock (Gate)
        {
            Bounds.Remove(this);
            Apply();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    /// <summary>
    /// Reserves memory for reading the rows of a database of that size one by one, until the result is disposed.
    /// </summary>
    public static IDisposable Reserve(long databaseBytes)
    {
        var room = new Reservation(Math.Min(databaseBytes, MaxRowBytes));
        Reservation.Add(room.Bytes);
        return room;
    }

    private static void Apply() => _ = sqlite3_hard_heap_limit64(Bounds.Count == 0 ? 0 : Bounds.Values.Max() + _reserved);

    private sealed class Reservation(long bytes) : IDisposable
    {
        public long Bytes => bytes;

        public static void Add(long bytes)
        {
            lock (Gate)
            {
                _reserved += bytes;
                Apply();
            }
        }

        public void Dispose() => Add(-bytes);
    }
}

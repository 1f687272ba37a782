using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>
/// Bounds what SQLite takes of the memory while scripts are loaded. There is one bound for the process, so it is set by
/// what is taken as a statement begins,
/// and by what those may take who read databases meanwhile; while no script is loaded there is none.
/// </summary>
/// <param name="limits">How much it may be.</param>
internal sealed class HeapLimit(LoadLimits limits) : IDisposable
{
    private const long MaxRowBytes = 1_000_000_000; // of SQLite's own limits

    private static readonly Lock Gate = new();
    private static readonly Dictionary<HeapLimit, long> Bounds = [];
    private static long _reserved;

    /// <summary>A statement begins, from which on it is bounded, the longest so far of that length.</summary>
    public void Begin(long statementBytes)
    {
        lock (Gate)
        {
            Bounds[this] = sqlite3_memory_used() + limits.GetMaxHeap(statementBytes);
            Apply();
        }
    }

    /// <summary>Bounds it no more, until another statement begins.</summary>
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

    /// <summary>Leaves room for the rows of a database of that size, one by one, until the result is disposed.</summary>
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

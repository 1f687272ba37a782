using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Bounds what SQLite takes of the memory while scripts are loaded. There is one bound for the process, so it is set by what is taken as a statement begins;
/// while no script is loaded there is none.
/// </summary>
/// <param name="limits">How much it may be.</param>
internal sealed class HeapLimit(LoadLimits limits) : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<HeapLimit, long> Bounds = [];

    /// <summary>A statement begins, from which on it is bounded, the longest so far of that length.</summary>
    public void Begin(long statementBytes)
    {
        lock (Gate)
        {
            Bounds[this] = sqlite3_memory_used() + limits.HeapFor(statementBytes);
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

    private static void Apply() => _ = sqlite3_hard_heap_limit64(Bounds.Count == 0 ? 0 : Bounds.Values.Max());
}

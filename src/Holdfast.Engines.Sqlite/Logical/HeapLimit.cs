using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>
/// Bounds what SQLite takes of the memory while scripts are loaded. There is one bound for the process, so it is set by what is taken as a statement begins;
/// while no script is loaded there is none.
/// </summary>
internal sealed class HeapLimit : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<HeapLimit, long> Bounds = [];

    private readonly LoadLimits _limits;

    /// <summary>Bounds it from now on.</summary>
    public HeapLimit(LoadLimits limits)
    {
        _limits = limits;
        Begin(0);
    }

    /// <summary>A statement begins, the longest so far of that length.</summary>
    public void Begin(long statementBytes)
    {
        lock (Gate)
        {
            Bounds[this] = sqlite3_memory_used() + _limits.HeapFor(statementBytes);
            Apply();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            Bounds.Remove(this);
            Apply();
        }
    }

    private static void Apply() => _ = sqlite3_hard_heap_limit64(Bounds.Count == 0 ? 0 : Bounds.Values.Max());
}

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// Limits the memory in which the backups of a node keep what their destinations have not written yet. Nobody waits for it: what does not
/// fit goes to the spool. Thread-safe.
/// </summary>
/// <param name="maxBytes">Maximum size, in bytes.</param>
public sealed class OutputMemory(long maxBytes)
{
    /// <summary>Default size, in bytes.</summary>
    public const long DefaultBytes = 64 << 20;

    private long _used;

    /// <summary>Bytes in use. May exceed the maximum by one block per destination of each running backup.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Reserves memory if there is enough.</summary>
    /// <returns>Whether it was reserved.</returns>
    internal bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= maxBytes)
        {
            return true;
        }
        Release(bytes);
        return false;
    }

    /// <summary>Reserves memory even if there is not enough.</summary>
    internal void Reserve(int bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Releases reserved memory.</summary>
    internal void Release(int bytes) => Interlocked.Add(ref _used, -bytes);
}

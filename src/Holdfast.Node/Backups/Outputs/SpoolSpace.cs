using Holdfast.Core.Errors;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// The spool of a node: the folder, and its limit, for what slow destinations have not written yet and memory cannot hold. Thread-safe.
/// </summary>
/// <param name="folder">The folder; created when it is first needed.</param>
/// <param name="maxBytes">
/// Maximum size in bytes; 0 for no spool; null, the default, for half of the free space, and at most <see cref="DefaultMaxBytes"/>.
/// </param>
public sealed class SpoolSpace(string folder, long? maxBytes = null)
{
    /// <summary>Maximum size if none is set, in bytes.</summary>
    public const long DefaultMaxBytes = 20L << 30;

    private readonly Lock _lock = new();
    private long _reserved; // guarded by _lock

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return _reserved;
            }
        }
    }

    /// <summary>Creates a segment if there is space for it.</summary>
    /// <param name="number">Its number in the queue.</param>
    /// <returns>The segment; null if the spool is full.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if the folder cannot be written.</exception>
    internal SpoolSegment? TryCreateSegment(int number) =>
        Guard(() =>
        {
            if (maxBytes is 0 || !TryReserve())
            {
                return null;
            }
            CreateFolder();
            try
            {
                return SpoolSegment.Create(folder, number, Release);
            }
            catch
            {
                Release();
                throw;
            }
        });

    /// <summary>Creates the folder if it is missing.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if that is impossible.</exception>
    internal void CreateFolder() =>
        Guard(() => Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));

    private T Guard<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"The spool folder '{folder}' cannot be used: {e.Message}",
                "Set spool.folder to a folder that this user can write to.",
                e
            );
        }
    }

    private bool TryReserve()
    {
        lock (_lock)
        {
            if (_reserved + SpoolSegment.MaxBytes > Limit())
            {
                return false;
            }
            _reserved += SpoolSegment.MaxBytes;
            return true;
        }
    }

    private long Limit()
    {
        if (maxBytes is { } limit)
        {
            return limit;
        }
        CreateFolder(); // the free space is that of an existing folder
        // what is reserved and not written yet is still free
        return Math.Min(DefaultMaxBytes, (new DriveInfo(folder).AvailableFreeSpace + _reserved) / 2);
    }

    private void Release()
    {
        lock (_lock)
        {
            _reserved -= SpoolSegment.MaxBytes;
        }
    }
}

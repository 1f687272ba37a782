using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Node.Catalog.Auditing;
using Microsoft.Extensions.Logging;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// Keeps the indexes of archives at remote destinations in a folder of this node, as they are stored there, so that an incremental need
/// not fetch what it compares with. A file is named by the SHA-256 of its content and used only if the content still has it. The least
/// recently used files are removed when the cache exceeds its size; losing it costs nothing but requests. All members are thread-safe.
/// </summary>
public sealed partial class IndexCache
{
    private const string Suffix = ".index";
    private const string PartialSuffix = ".partial";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly ILogger<IndexCache> _logger;

    // Guards the fields below. No file is opened or removed while it is held.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _bytes;
    private long _uses;

    /// <summary>Opens a cache, and removes what a killed process was writing.</summary>
    /// <param name="folder">Its folder, created if missing.</param>
    /// <param name="maxBytes">Maximum size of all files, in bytes.</param>
    /// <param name="logger">Logs that the folder cannot be used.</param>
    public IndexCache(string folder, long maxBytes, ILogger<IndexCache> logger)
    {
        (_folder, _maxBytes, _logger) = (folder, maxBytes, logger);
        try
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderBy(f => f.LastWriteTimeUtc))
            {
                if (file.Name.EndsWith(Suffix, StringComparison.Ordinal))
                {
                    Add(file.Name, file.Length, isVerified: false);
                }
                else if (file.Name.EndsWith(PartialSuffix, StringComparison.Ordinal))
                {
                    file.Delete();
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnusable(folder, e.Message);
        }
        Evict();
    }

    private sealed class Entry(long length)
    {
        public long Length => length;

        /// <summary>Whether this process has written or hashed the content.</summary>
        public bool IsVerified { get; set; }

        /// <summary>When it was last used; the greater, the later.</summary>
        public long LastUse { get; set; }
    }

    /// <summary>Size of all files, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Opens an index, fetched from a destination if it is not kept here.</summary>
    /// <param name="sha256">SHA-256 of its bytes, Base64.</param>
    /// <param name="length">Its length, in bytes.</param>
    /// <param name="fetch">Opens it at the destination.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Corrupt"/> if the destination returns something else, or its failure.
    /// </exception>
    public async Task<IByteSource> OpenAsync(
        string sha256,
        long length,
        Func<CancellationToken, Task<IByteSource>> fetch,
        CancellationToken cancellationToken
    )
    {
        if (await FindAsync(sha256, length, cancellationToken) is { } cached)
        {
            return cached;
        }
        var source = await fetch(cancellationToken);
        if (source.Length > _maxBytes)
        {
            return source;
        }
        await using (source)
        {
            using var kept = Begin();
            await StoredFileReader.ReadAsync(source, kept.WriteAsync, cancellationToken);
            if (kept.Sha256 != sha256)
            {
                throw new HoldfastException(
                    ErrorCatalog.Corrupt,
                    $"'{source.Name}' has {source.Length} bytes that differ from those that were written.",
                    "The next backup is full."
                );
            }
            kept.Keep();
        }

        return await FindAsync(sha256, length, cancellationToken) ?? await fetch(cancellationToken);
    }

    /// <summary>Begins to keep an index that is being written. Dispose the result; only what was kept stays.</summary>
    public CachedIndexWriter Begin() => new(this, $"{_folder}/{Guid.NewGuid():n}{PartialSuffix}", _maxBytes);

    /// <summary>Gives a written file its name.</summary>
    internal void Keep(string partial, string sha256, long length)
    {
        var name = NameOf(sha256);
        try
        {
            File.Move(partial, $"{_folder}/{name}", overwrite: true);
            Add(name, length, isVerified: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnusable(_folder, e.Message);
        }
        Evict();
    }

    private static string NameOf(string sha256) => $"{Convert.ToHexStringLower(Convert.FromBase64String(sha256))}{Suffix}";

    // Null if it is not kept here, or is not what it was.
    private async Task<IByteSource?> FindAsync(string sha256, long length, CancellationToken cancellationToken)
    {
        var name = NameOf(sha256);
        Entry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out entry))
            {
                return null;
            }
            entry.LastUse = ++_uses;
        }
        CachedIndex? file = null;
        try
        {
            file = CachedIndex.Open($"{_folder}/{name}");
            if (file.Length == length && (entry.IsVerified || await StoredFileReader.HashAsync(file, cancellationToken) == sha256))
            {
                entry.IsVerified = true;
                return file;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HoldfastException)
        {
            LogUnusable(_folder, e.Message);
        }
        if (file is not null)
        {
            await file.DisposeAsync();
        }
        Remove(name);
        return null;
    }

    private void Add(string name, long length, bool isVerified)
    {
        lock (_gate)
        {
            if (_entries.Remove(name, out var before))
            {
                _bytes -= before.Length;
            }
            _entries[name] = new(length) { IsVerified = isVerified, LastUse = ++_uses };
            _bytes += length;
        }
    }

    private void Remove(string name)
    {
        lock (_gate)
        {
            if (_entries.Remove(name, out var entry))
            {
                _bytes -= entry.Length;
            }
        }
        TryDelete($"{_folder}/{name}");
    }

    // A tenth more than necessary, so that not every new file causes a search for the oldest.
    private void Evict()
    {
        List<string> oldest = [];
        lock (_gate)
        {
            if (_bytes <= _maxBytes)
            {
                return;
            }
            var excess = _bytes - (_maxBytes - (_maxBytes / 10));
            foreach (var (name, entry) in _entries.OrderBy(e => e.Value.LastUse))
            {
                if (excess <= 0)
                {
                    break;
                }
                oldest.Add(name);
                excess -= entry.Length;
            }
        }
        foreach (var name in oldest)
        {
            Remove(name);
        }
    }

    // An open file stays readable.
    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed at the next start.
        }
    }

    [LoggerMessage(
        EventId = 5131,
        Level = LogLevel.Warning,
        Message = "The cache of indexes in {Folder} cannot be used: {Reason}. Indexes are read from their destinations"
    )]
    private partial void LogUnusable(string folder, string reason);
}

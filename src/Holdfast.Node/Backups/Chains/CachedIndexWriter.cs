using System.Security.Cryptography;

namespace Holdfast.Node.Backups.Chains;

/// <summary>
/// Writes an index into the cache while it is written to its destinations. A failure of the cache is not one of the backup: the index is
/// not kept then. Used by one thread at a time.
/// </summary>
public sealed class CachedIndexWriter : IDisposable
{
    private readonly IndexCache _cache;
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private FileStream? _file;
    private long _length;

    internal CachedIndexWriter(IndexCache cache, string path, long maxBytes)
    {
        (_cache, _path, _maxBytes) = (cache, path, maxBytes);
        try
        {
            _file = new(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // not kept
        }
    }

    /// <summary>SHA-256 of what was written so far, Base64.</summary>
    public string Sha256 => Convert.ToBase64String(_hash.GetCurrentHash());

    /// <summary>Appends bytes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _hash.AppendData(bytes.Span);
        _length += bytes.Length;
        try
        {
            if (_length > _maxBytes)
            {
                Close();
            }
            _file?.Write(bytes.Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Close();
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Passes bytes on to an output, and appends them.</summary>
    /// <param name="output">The output.</param>
    public Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> Copy(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output) =>
        async (bytes, cancellationToken) =>
        {
            await output(bytes, cancellationToken);
            await WriteAsync(bytes);
        };

    /// <summary>Keeps what was written, because it is published.</summary>
    public void Keep()
    {
        if (_file is null)
        {
            return;
        }
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            Close();
            return;
        }
        _file = null;
        _cache.Keep(_path, Sha256, _length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _hash.Dispose();
    }

    private void Close()
    {
        if (_file is null)
        {
            return;
        }
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // It is removed anyway.
        }
        _file = null;
        IndexCache.TryDelete(_path);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// A file of the spool, which one destination's queue fills and then reads in the same order. It has no name, so that a crash leaves
/// nothing, and is encrypted with a key that exists in memory only: whether the archive is encrypted or not, the spool shows nothing of it.
/// One caller appends while another reads.
/// </summary>
internal sealed class SpoolSegment : IDisposable
{
    /// <summary>Maximum size, in bytes. Space returns to the spool when a whole segment has been read.</summary>
    public const int MaxBytes = 16 << 20;

    private const int TagBytes = 16;
    private const int MaxRecordBytes = OutputBlock.MaxBytes + TagBytes;

    private readonly SafeFileHandle _file;
    private readonly Action _release;
    private readonly AesGcm _writer;
    private readonly AesGcm _reader;
    private readonly byte[] _written = new byte[MaxRecordBytes];
    private readonly byte[] _read = new byte[MaxRecordBytes];
    private readonly byte[] _plain = new byte[OutputBlock.MaxBytes];
    private long _end;

    private SpoolSegment(SafeFileHandle file, Action release)
    {
        (_file, _release) = (file, release);
        var key = RandomNumberGenerator.GetBytes(32);
        (_writer, _reader) = (new(key, TagBytes), new(key, TagBytes));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Where a block was appended.</summary>
    /// <param name="Segment">The segment.</param>
    /// <param name="File">The file that the bytes belong to.</param>
    /// <param name="Offset">Offset in the segment, in bytes.</param>
    /// <param name="Length">Length of the block, in bytes.</param>
    public readonly record struct Record(SpoolSegment Segment, OutputFile File, long Offset, int Length);

    /// <summary>Whether another block fits. Called by the writer only.</summary>
    public bool HasSpace => _end + MaxRecordBytes <= MaxBytes;

    /// <summary>Creates an empty segment.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="release">Called once when the segment is disposed.</param>
    public static SpoolSegment Create(string folder, Action release)
    {
        var path = Path.Combine(folder, $".holdfast-spool-{Guid.NewGuid():n}");
        var stream = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.Asynchronous,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        try
        {
            File.Delete(path);
            return new(stream.SafeFileHandle, release);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends a block. The caller has checked <see cref="HasSpace"/>.</summary>
    public async ValueTask<Record> AppendAsync(OutputBlock block, CancellationToken cancellationToken)
    {
        var record = new Record(this, block.File, _end, block.Length);
        _end = MaxBytes; // unless it succeeds, nothing is appended again: an offset must not be used twice
        Seal(block.Bytes.Span, record.Offset);
        await RandomAccess.WriteAsync(_file, _written.AsMemory(0, block.Length + TagBytes), record.Offset, cancellationToken);
        _end = record.Offset + block.Length + TagBytes;
        return record;
    }

    /// <summary>Reads a block. Its bytes are valid until the next call.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if the file was damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(Record record, CancellationToken cancellationToken)
    {
        var sealedBytes = _read.AsMemory(0, record.Length + TagBytes);
        for (var read = 0; read < sealedBytes.Length; )
        {
            var more = await RandomAccess.ReadAsync(_file, sealedBytes[read..], record.Offset + read, cancellationToken);
            read += more > 0 ? more : throw Damaged(null);
        }
        Open(record);
        return _plain.AsMemory(0, record.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _writer.Dispose();
        _reader.Dispose();
        _release();
    }

    // The offset is the nonce: each is used once with a key, because a segment is only appended to.
    private void Seal(ReadOnlySpan<byte> plain, long offset)
    {
        Span<byte> nonce = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, offset);
        _writer.Encrypt(nonce, plain, _written.AsSpan(0, plain.Length), _written.AsSpan(plain.Length, TagBytes));
    }

    private void Open(Record record)
    {
        Span<byte> nonce = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(nonce, record.Offset);
        try
        {
            _reader.Decrypt(nonce, _read.AsSpan(0, record.Length), _read.AsSpan(record.Length, TagBytes), _plain.AsSpan(0, record.Length));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Damaged(e);
        }
    }

    private static HoldfastException Damaged(Exception? cause) =>
        new(
            ErrorCatalog.DestinationFailed,
            "The spool file of the backup was changed or damaged while it was in use.",
            "Check the disk of the spool folder.",
            cause
        );
}

using Holdfast.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Node.Backups.Outputs;

/// <summary>
/// A file of the spool, which one destination's queue fills and then reads in the same order. It has no name, so that a crash leaves
/// nothing. One caller appends while another reads.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="release">Called once when the segment is disposed.</param>
internal sealed class SpoolSegment(SafeFileHandle file, Action release) : IDisposable
{
    /// <summary>Maximum size, in bytes. Space returns to the spool when a whole segment has been read.</summary>
    public const int MaxBytes = 16 << 20;

    private const int MaxRecordBytes = OutputBlock.MaxBytes + SpoolCipher.TagBytes;

    private long _end;

    /// <summary>Where a block was appended.</summary>
    /// <param name="Segment">The segment.</param>
    /// <param name="File">The file that the bytes belong to.</param>
    /// <param name="Offset">Offset in the segment, in bytes.</param>
    /// <param name="Length">Length of the block, in bytes.</param>
    public readonly record struct Record(SpoolSegment Segment, OutputFile File, long Offset, int Length);

    /// <summary>Its number in the queue, which <see cref="SpoolCipher"/> needs.</summary>
    public required int Number { get; init; }

    /// <summary>Whether another block fits. Called by the writer only.</summary>
    public bool HasSpace => _end + MaxRecordBytes <= MaxBytes;

    /// <summary>Creates an empty segment.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="number">Its number in the queue.</param>
    /// <param name="release">Called once when the segment is disposed.</param>
    public static SpoolSegment Create(string folder, int number, Action release)
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
            return new(stream.SafeFileHandle, release) { Number = number };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Appends a block. The caller has checked <see cref="HasSpace"/>.</summary>
    public async ValueTask<Record> AppendAsync(OutputBlock block, SpoolCipher cipher, CancellationToken cancellationToken)
    {
        var record = new Record(this, block.File, _end, block.Length);
        _end = MaxBytes; // unless it succeeds, nothing is appended again: an offset must not be used twice
        var stored = cipher.Seal(Number, record.Offset, block.Bytes.Span);
        await RandomAccess.WriteAsync(file, stored, record.Offset, cancellationToken);
        _end = record.Offset + stored.Length;
        return record;
    }

    /// <summary>Reads a block. Its bytes are valid until the next call with the same cipher.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationFailed"/> if the file was damaged.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(Record record, SpoolCipher cipher, CancellationToken cancellationToken)
    {
        var stored = cipher.StoredBuffer(record.Length);
        for (var read = 0; read < stored.Length; )
        {
            var more = await RandomAccess.ReadAsync(file, stored[read..], record.Offset + read, cancellationToken);
            read += more > 0 ? more : throw Damaged(null);
        }
        return cipher.Open(Number, record.Offset, record.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file.Dispose();
        release();
    }

    /// <summary>The error of a file that was changed.</summary>
    internal static HoldfastException Damaged(Exception? cause) =>
        new(
            ErrorCatalog.DestinationFailed,
            "The spool file of the backup was changed or damaged while it was in use.",
            "Check the disk of the spool folder.",
            cause
        );
}

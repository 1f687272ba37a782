using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;

namespace Holdfast.Archive.Index;

/// <summary>Reads one index file, block after block.</summary>
internal sealed class IndexReader : IAsyncDisposable
{
    private const int EndBytes = IndexFormat.PrefixBytes + Tagger.TagBytes + IndexFormat.CheckBytes;

    private readonly IByteSource _source;

    private IndexReader(IByteSource source) => _source = source;

    /// <summary>The header.</summary>
    public IndexHeader Header { get; private set; } = null!;

    /// <summary>Tag of the items' contents at this point.</summary>
    public byte[] ContentTag { get; private set; } = [];

    /// <summary>Opens an index, through age where it is encrypted, and takes the source over.</summary>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read with <paramref name="keys"/>, or is damaged.</exception>
    public static async Task<IndexReader> OpenAsync(IByteSource source, AgeKeys keys, CancellationToken cancellationToken)
    {
        var reader = new IndexReader(await AgeSource.OpenAsync(source, keys, null, cancellationToken));
        try
        {
            await reader.ReadHeaderAsync(cancellationToken);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the blocks of one type, in order. Others are passed over without being read.</summary>
    public async IAsyncEnumerable<byte[]> BlocksAsync(IndexFormat.Block wanted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long position = IndexFormat.Magic.Length;
        for (long number = 0; ; number++)
        {
            var (type, length) = await PrefixAsync(position, cancellationToken);
            if (type == IndexFormat.Block.End) yield break;
            if (type == wanted) yield return await PayloadAsync(position, number, type, length, cancellationToken);
            position += IndexFormat.PrefixBytes + length + IndexFormat.CheckBytes;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (_source.Length < IndexFormat.Magic.Length + EndBytes) throw ArchiveFailure.Truncated(_source.Name, $"it has {_source.Length} bytes");
        var magic = new byte[IndexFormat.Magic.Length];
        await _source.ReadAsync(0, magic, cancellationToken);
        if (!magic.AsSpan().SequenceEqual(IndexFormat.Magic)) throw ArchiveFailure.Corrupt(_source.Name, "it does not begin like an index");
        var json = await BlocksAsync(IndexFormat.Block.Header, cancellationToken).FirstOrDefaultAsync(cancellationToken) ?? throw ArchiveFailure.Corrupt(_source.Name, "it has no header");
        try
        {
            Header = JsonSerializer.Deserialize(json, FormatJson.Default.IndexHeader) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw ArchiveFailure.Corrupt(_source.Name, "its header is not readable", e);
        }

        var end = new byte[EndBytes];
        await _source.ReadAsync(_source.Length - EndBytes, end, cancellationToken);
        if (end[0] != (byte)IndexFormat.Block.End || BinaryPrimitives.ReadInt32LittleEndian(end.AsSpan(1)) != Tagger.TagBytes) throw ArchiveFailure.Truncated(_source.Name, "it has no end");
        ContentTag = end[IndexFormat.PrefixBytes..^IndexFormat.CheckBytes];
    }

    private async ValueTask<(IndexFormat.Block Type, int Length)> PrefixAsync(long position, CancellationToken cancellationToken)
    {
        if (position > _source.Length - EndBytes) throw ArchiveFailure.Corrupt(_source.Name, $"a block is missing at offset {position}");
        var prefix = new byte[IndexFormat.PrefixBytes];
        await _source.ReadAsync(position, prefix, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(1));
        if (length is < 0 or > IndexFormat.LargestPayload) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} is {length} bytes long");
        return ((IndexFormat.Block)prefix[0], length);
    }

    private async ValueTask<byte[]> PayloadAsync(long position, long number, IndexFormat.Block type, int length, CancellationToken cancellationToken)
    {
        var block = new byte[length + IndexFormat.CheckBytes];
        if (position + IndexFormat.PrefixBytes + block.Length > _source.Length) throw ArchiveFailure.Truncated(_source.Name, $"the block at offset {position} has no end");
        await _source.ReadAsync(position + IndexFormat.PrefixBytes, block, cancellationToken);
        var check = new byte[IndexFormat.CheckBytes];
        IndexFormat.Check(number, type, block.AsSpan(0, length), check);
        if (!check.AsSpan().SequenceEqual(block.AsSpan(length))) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} is damaged");
        return block[..length];
    }
}

using System.Buffers.Binary;
using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Writing;

namespace Holdfast.Archive.Index;

/// <summary>Reads one index file, block after block.</summary>
internal sealed class IndexReader : IAsyncDisposable
{
    private const int EndBytes = IndexFormat.PrefixBytes + Tagger.TagBytes + IndexFormat.CheckBytes;

    private const int ChainKeyBytes = 32;

    private readonly IByteSource _source;
    private long _position = IndexFormat.Magic.Length;
    private long _number;
    private long _nextPage;
    private bool _ended;

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

    /// <summary>
    /// Reads on to the next block of one type; null at the end. Other blocks are checked too: one that was lost would let what an older index says of its
    /// pages count again, and the next incremental would leave out what changed back.
    /// </summary>
    public async ValueTask<byte[]?> NextAsync(IndexFormat.Block wanted, CancellationToken cancellationToken)
    {
        while (!_ended)
        {
            var at = _position;
            var (type, payload) = await BlockAsync(cancellationToken);
            if (type == IndexFormat.Block.End)
            {
                if (_position != _source.Length) throw ArchiveFailure.Corrupt(_source.Name, $"bytes lie behind its end at offset {_position}");
                _ended = true;
            }
            else if (!IsWell(type, payload)) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {at} makes no sense");
            else if (type == wanted) return payload;
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (_source.Length < IndexFormat.Magic.Length + EndBytes) throw ArchiveFailure.Truncated(_source.Name, $"it has {_source.Length} bytes");
        var magic = new byte[IndexFormat.Magic.Length];
        await _source.ReadAsync(0, magic, cancellationToken);
        if (!magic.AsSpan().SequenceEqual(IndexFormat.Magic)) throw ArchiveFailure.Corrupt(_source.Name, "it does not begin like an index");
        var (type, json) = await BlockAsync(cancellationToken);
        if (type != IndexFormat.Block.Header) throw ArchiveFailure.Corrupt(_source.Name, "it has no header");
        try
        {
            Header = JsonSerializer.Deserialize(json, FormatJson.Default.IndexHeader) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw ArchiveFailure.Corrupt(_source.Name, "its header is not readable", e);
        }

        if (!IsWell(Header)) throw ArchiveFailure.Corrupt(_source.Name, "its header makes no sense");
        var end = new byte[EndBytes];
        await _source.ReadAsync(_source.Length - EndBytes, end, cancellationToken);
        if (end[0] != (byte)IndexFormat.Block.End || BinaryPrimitives.ReadInt32LittleEndian(end.AsSpan(1)) != Tagger.TagBytes) throw ArchiveFailure.Truncated(_source.Name, "it has no end");
        ContentTag = end[IndexFormat.PrefixBytes..^IndexFormat.CheckBytes];
    }

    private static bool IsWell(IndexHeader header)
    {
        Span<byte> key = stackalloc byte[ChainKeyBytes];
        return header.Format == ArchiveHeader.CurrentFormat
            && ManifestRules.IsId(header.Id) && ManifestRules.IsId(header.Chain) && (header.Parent is null || ManifestRules.IsId(header.Parent))
            && Enum.IsDefined(header.Type) && int.IsPow2(header.PartMean) && header.PartMean is >= GearCutter.SmallestMean and <= GearCutter.LargestMean
            && Convert.TryFromBase64String(header.ChainKey, key, out var length) && length == key.Length;
    }

    private bool IsWell(IndexFormat.Block type, ReadOnlySpan<byte> payload)
    {
        if (type == IndexFormat.Block.Parts)
        {
            for (var at = 0; at < payload.Length; at += IndexFormat.PartBytes)
            {
                if (payload.Length - at < IndexFormat.PartBytes || BinaryPrimitives.ReadInt32LittleEndian(payload[(at + 16)..]) <= 0 || BinaryPrimitives.ReadInt64LittleEndian(payload[(at + 20)..]) < 0) return false;
            }

            return true;
        }

        if (type != IndexFormat.Block.Pages || payload.Length < IndexFormat.PagesPrefixBytes || (payload.Length - IndexFormat.PagesPrefixBytes) % Tagger.TagBytes != 0) return false;
        var first = BinaryPrimitives.ReadInt64LittleEndian(payload[4..]);
        if (first < _nextPage || first > long.MaxValue / 2) return false; // pages come in ascending order
        _nextPage = first + ((payload.Length - IndexFormat.PagesPrefixBytes) / Tagger.TagBytes);
        return true;
    }

    private async ValueTask<(IndexFormat.Block Type, byte[] Payload)> BlockAsync(CancellationToken cancellationToken)
    {
        if (_position > _source.Length - EndBytes) throw ArchiveFailure.Corrupt(_source.Name, $"a block is missing at offset {_position}");
        var prefix = new byte[IndexFormat.PrefixBytes];
        await _source.ReadAsync(_position, prefix, cancellationToken);
        var (type, length) = ((IndexFormat.Block)prefix[0], BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(1)));
        if (length is < 0 or > IndexFormat.LargestPayload) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {_position} is {length} bytes long");
        var block = new byte[length + IndexFormat.CheckBytes];
        if (_position + IndexFormat.PrefixBytes + block.Length > _source.Length) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {_position} has no end");
        await _source.ReadAsync(_position + IndexFormat.PrefixBytes, block, cancellationToken);
        var check = new byte[IndexFormat.CheckBytes];
        IndexFormat.Check(_number++, type, block.AsSpan(0, length), check);
        if (!check.AsSpan().SequenceEqual(block.AsSpan(length))) throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {_position} is damaged");
        _position += IndexFormat.PrefixBytes + block.Length;
        return (type, block[..length]);
    }
}

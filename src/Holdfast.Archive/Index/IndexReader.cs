using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Reading;
using Holdfast.Archive.Remote;
using Holdfast.Archive.Writing;

namespace Holdfast.Archive.Index;

/// <summary>Reads one index file block by block.</summary>
internal sealed class IndexReader : IAsyncDisposable
{
    private const int EndBytes = IndexFormat.PrefixBytes + Tagger.TagBytes + IndexFormat.CheckBytes;

    private const int ChainKeyBytes = 32;

    private readonly IByteSource _source;

    private IndexReader(IByteSource source) => _source = source;

    /// <summary>The header.</summary>
    public IndexHeader Header { get; private set; } = null!;

    /// <summary>Tag of the contents of all items at this point.</summary>
    public byte[] ContentTag { get; private set; } = [];

    /// <summary>Opens an index, decrypting it if necessary, and takes ownership of the source.</summary>
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
    /// Reads the blocks of one type, in order. The others are validated too: if one were lost, older tags of its pages would apply again,
    /// and the next incremental would omit pages that changed back.
    /// </summary>
    public async IAsyncEnumerable<byte[]> BlocksAsync(
        IndexFormat.Block requested,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var reader = new SequentialReader(_source);
        long position = IndexFormat.Magic.Length;
        var nextPages = new Dictionary<long, long>();
        for (long number = 0; ; number++)
        {
            var (type, payload) = await BlockAsync(reader.ReadAsync, position, number, cancellationToken);
            var isValid = type switch
            {
                IndexFormat.Block.Header => number == 0,
                IndexFormat.Block.Pages => IsValidPages(payload, nextPages),
                IndexFormat.Block.Parts => IsValidParts(payload),
                _ => type == IndexFormat.Block.End,
            };
            if (!isValid)
            {
                throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} is not valid");
            }
            position += IndexFormat.PrefixBytes + payload.Length + IndexFormat.CheckBytes;
            if (type == requested)
            {
                yield return payload;
            }
            if (type != IndexFormat.Block.End)
            {
                continue;
            }
            if (position != _source.Length)
            {
                throw ArchiveFailure.Corrupt(_source.Name, $"there are bytes after its end, at offset {position}");
            }
            yield break;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        if (_source.Length < IndexFormat.Magic.Length + EndBytes)
        {
            throw ArchiveFailure.Truncated(_source.Name, $"it has {_source.Length} bytes");
        }
        var magic = new byte[IndexFormat.Magic.Length];
        await _source.ReadAsync(0, magic, cancellationToken);
        if (!magic.AsSpan().SequenceEqual(IndexFormat.Magic))
        {
            throw ArchiveFailure.Corrupt(_source.Name, "it does not start like an index");
        }
        var (type, json) = await BlockAsync(_source.ReadAsync, magic.Length, 0, cancellationToken);
        if (type != IndexFormat.Block.Header)
        {
            throw ArchiveFailure.Corrupt(_source.Name, "it has no header");
        }
        try
        {
            Header = JsonSerializer.Deserialize(json, FormatJson.Default.IndexHeader) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw ArchiveFailure.Corrupt(_source.Name, "its header is not readable", e);
        }

        if (!IsValid(Header))
        {
            throw ArchiveFailure.Corrupt(_source.Name, "its header is not valid");
        }
        var end = new byte[EndBytes];
        await _source.ReadAsync(_source.Length - EndBytes, end, cancellationToken);
        if (end[0] != (byte)IndexFormat.Block.End || BinaryPrimitives.ReadInt32LittleEndian(end.AsSpan(1)) != Tagger.TagBytes)
        {
            throw ArchiveFailure.Truncated(_source.Name, "it has no end");
        }
        ContentTag = end[IndexFormat.PrefixBytes..^IndexFormat.CheckBytes];
    }

    private static bool IsValid(IndexHeader header)
    {
        Span<byte> key = stackalloc byte[ChainKeyBytes];
        return header.Format == ArchiveHeader.CurrentFormat
            && ManifestValidator.IsId(header.Id)
            && ManifestValidator.IsId(header.Chain)
            && (header.Parent is null || ManifestValidator.IsId(header.Parent))
            && Enum.IsDefined(header.Type)
            && int.IsPow2(header.PartMean)
            && header.PartMean is >= GearChunker.SmallestMean and <= GearChunker.LargestMean
            && Convert.TryFromBase64String(header.ChainKey, key, out var length)
            && length == key.Length;
    }

    private static bool IsValidParts(ReadOnlySpan<byte> payload)
    {
        for (var at = 0; at < payload.Length; at += IndexFormat.PartBytes)
        {
            if (
                payload.Length - at < IndexFormat.PartBytes
                || BinaryPrimitives.ReadInt32LittleEndian(payload[(at + 16)..]) <= 0
                || BinaryPrimitives.ReadInt64LittleEndian(payload[(at + 20)..]) < 0
            )
            {
                return false;
            }
        }

        return true;
    }

    // The pages of each item must be in ascending order.
    private static bool IsValidPages(ReadOnlySpan<byte> payload, Dictionary<long, long> nextPages)
    {
        if (payload.Length < IndexFormat.PagesPrefixBytes || (payload.Length - IndexFormat.PagesPrefixBytes) % Tagger.TagBytes != 0)
        {
            return false;
        }
        var (item, first) = (BinaryPrimitives.ReadInt64LittleEndian(payload), BinaryPrimitives.ReadInt64LittleEndian(payload[12..]));
        if (first < nextPages.GetValueOrDefault(item) || first > long.MaxValue / 2)
        {
            return false;
        }
        nextPages[item] = first + ((payload.Length - IndexFormat.PagesPrefixBytes) / Tagger.TagBytes);
        return true;
    }

    private async ValueTask<(IndexFormat.Block Type, byte[] Payload)> BlockAsync(
        Func<long, Memory<byte>, CancellationToken, ValueTask> read,
        long position,
        long number,
        CancellationToken cancellationToken
    )
    {
        if (position > _source.Length - IndexFormat.PrefixBytes)
        {
            throw ArchiveFailure.Corrupt(_source.Name, $"a block is missing at offset {position}");
        }
        var prefix = new byte[IndexFormat.PrefixBytes];
        await read(position, prefix, cancellationToken);
        var (type, length) = ((IndexFormat.Block)prefix[0], BinaryPrimitives.ReadInt32LittleEndian(prefix.AsSpan(1)));
        if (length is < 0 or > IndexFormat.LargestPayload)
        {
            throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} has {length} bytes");
        }
        var block = new byte[length + IndexFormat.CheckBytes];
        if (position + IndexFormat.PrefixBytes + block.Length > _source.Length)
        {
            throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} has no end");
        }
        await read(position + IndexFormat.PrefixBytes, block, cancellationToken);
        var check = new byte[IndexFormat.CheckBytes];
        IndexFormat.ComputeCheck(number, type, block.AsSpan(0, length), check);
        if (!check.AsSpan().SequenceEqual(block.AsSpan(length)))
        {
            throw ArchiveFailure.Corrupt(_source.Name, $"the block at offset {position} is damaged");
        }
        return (type, block[..length]);
    }
}

using System.Buffers.Binary;
using System.Text.Json;
using Holdfast.Archive.Format;

namespace Holdfast.Archive.Index;

/// <summary>Writes the index of an archive while the archive is written, buffering one block.</summary>
internal sealed class IndexWriter(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output)
{
    private const int TagsPerBlock = 4096;

    private readonly byte[] _buffer = new byte[
        IndexFormat.PrefixBytes + IndexFormat.PagesPrefixBytes + (TagsPerBlock * Tagger.TagBytes) + IndexFormat.CheckBytes
    ];
    private long _number;
    private IndexFormat.Block _open;
    private int _payload;
    private long _openItem;
    private long _nextPage;

    /// <summary>Writes the magic and the header.</summary>
    public async ValueTask StartAsync(IndexHeader header, CancellationToken cancellationToken)
    {
        await output(IndexFormat.Magic.ToArray(), cancellationToken);
        var json = JsonSerializer.SerializeToUtf8Bytes(header, FormatJson.Default.IndexHeader);
        json.CopyTo(_buffer.AsSpan(IndexFormat.PrefixBytes));
        (_open, _payload) = (IndexFormat.Block.Header, json.Length);
        await EndBlockAsync(cancellationToken);
    }

    /// <summary>Adds the tags of pages of one item stored in this archive, in ascending page order.</summary>
    public async ValueTask AddPagesAsync(
        long item,
        int pageSize,
        long firstPage,
        ReadOnlyMemory<byte> tags,
        CancellationToken cancellationToken
    )
    {
        while (!tags.IsEmpty)
        {
            if (
                _open != IndexFormat.Block.Pages
                || item != _openItem
                || firstPage != _nextPage
                || _payload == IndexFormat.PagesPrefixBytes + (TagsPerBlock * Tagger.TagBytes)
            )
            {
                await EndBlockAsync(cancellationToken);
                (_open, _payload) = (IndexFormat.Block.Pages, IndexFormat.PagesPrefixBytes);
                _openItem = item;
                BinaryPrimitives.WriteInt64LittleEndian(Payload, item);
                BinaryPrimitives.WriteInt32LittleEndian(Payload[8..], pageSize);
                BinaryPrimitives.WriteInt64LittleEndian(Payload[12..], firstPage);
            }

            var room = ((TagsPerBlock * Tagger.TagBytes) + IndexFormat.PagesPrefixBytes - _payload) / Tagger.TagBytes;
            var count = Math.Min(room, tags.Length / Tagger.TagBytes);
            tags.Span[..(count * Tagger.TagBytes)].CopyTo(Payload[_payload..]);
            _payload += count * Tagger.TagBytes;
            tags = tags[(count * Tagger.TagBytes)..];
            firstPage += count;
            _nextPage = firstPage;
        }
    }

    /// <summary>Adds a part stored in this archive.</summary>
    public async ValueTask AddPartAsync(ReadOnlyMemory<byte> tag, int length, long offset, CancellationToken cancellationToken)
    {
        if (_open != IndexFormat.Block.Parts || _payload > TagsPerBlock * Tagger.TagBytes - IndexFormat.PartBytes)
        {
            await EndBlockAsync(cancellationToken);
            (_open, _payload) = (IndexFormat.Block.Parts, 0);
        }

        var part = Payload[_payload..];
        tag.Span.CopyTo(part);
        BinaryPrimitives.WriteInt32LittleEndian(part[16..], length);
        BinaryPrimitives.WriteInt64LittleEndian(part[20..], offset);
        _payload += IndexFormat.PartBytes;
    }

    /// <summary>Writes the end block.</summary>
    public async ValueTask CompleteAsync(byte[] contentTag, CancellationToken cancellationToken)
    {
        await EndBlockAsync(cancellationToken);
        contentTag.CopyTo(Payload);
        (_open, _payload) = (IndexFormat.Block.End, Tagger.TagBytes);
        await EndBlockAsync(cancellationToken);
    }

    private Span<byte> Payload => _buffer.AsSpan(IndexFormat.PrefixBytes);

    private async ValueTask EndBlockAsync(CancellationToken cancellationToken)
    {
        if (_open == 0)
        {
            return;
        }
        _buffer[0] = (byte)_open;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(1), _payload);
        IndexFormat.ComputeCheck(_number++, _open, Payload[.._payload], Payload.Slice(_payload, IndexFormat.CheckBytes));
        _open = 0;
        await output(_buffer.AsMemory(0, IndexFormat.PrefixBytes + _payload + IndexFormat.CheckBytes), cancellationToken);
    }
}

using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Archive.Age.Payload;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Index;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Writing;

/// <summary>
/// Writes one archive and its index in one pass: items are split into parts, hashed, omitted if the chain contains them, written to a tar
/// stream, compressed in frames and encrypted with age. Hashing, compression and encryption run in parallel; the output is in order.
/// </summary>
public sealed class ArchiveWriter : IItemSink, IAsyncDisposable
{
    private readonly ArchiveHeader _header;
    private readonly ArchiveWriterOptions _options;
    private readonly ChainIndex? _chain;
    private readonly IndexHeader _indexHeader;
    private readonly Tagger _tagger;
    private readonly FrameWriter _frames;
    private readonly TarWriter _tar;
    private readonly IndexWriter _index;
    private readonly AgeSealer? _archiveSealer;
    private readonly AgeSealer? _indexSealer;
    private readonly List<ManifestItem> _items = [];
    private readonly List<string> _archives;
    private readonly HashedOutput _storedArchive;
    private readonly HashedOutput _storedIndex;

    private ArchiveWriter(
        ArchiveHeader header,
        ArchiveOutputs outputs,
        ArchiveWriterOptions options,
        ChainIndex? chain,
        IndexHeader indexHeader,
        CancellationToken cancellationToken
    )
    {
        (_header, _options, _chain, _indexHeader) = (header, options, chain, indexHeader);
        _archives = [header.Id];
        _tagger = new(Convert.FromBase64String(indexHeader.ChainKey));
        (_storedArchive, _storedIndex) = (new(outputs.Archive), new(outputs.Index));
        if (outputs.ArchiveProtection is { } archive)
        {
            _archiveSealer = new(archive, _storedArchive.WriteAsync, options.Workers, cancellationToken);
        }
        if (outputs.IndexProtection is { } index)
        {
            _indexSealer = new(index, _storedIndex.WriteAsync, options.Workers, cancellationToken);
        }
        _frames = new(
            options.Level,
            options.Workers,
            _archiveSealer is null ? _storedArchive.WriteAsync : _archiveSealer.WriteAsync,
            cancellationToken
        );
        _tar = new(_frames, header.StartTime);
        _index = new(_indexSealer is null ? _storedIndex.WriteAsync : _indexSealer.WriteAsync);
    }

    /// <summary>Starts an archive.</summary>
    /// <param name="header">The header. An incremental's parent must be the newest archive of <paramref name="chain"/>.</param>
    /// <param name="outputs">Outputs and encryption.</param>
    /// <param name="options">Compression and parallelism.</param>
    /// <param name="chain">The contents of the chain; null for a full archive. The caller keeps ownership.</param>
    /// <param name="expectedBytes">Estimated size of the items in bytes; determines the part size of a new chain.</param>
    /// <param name="changeToken">The engine's token for the contents of this point.</param>
    /// <param name="cancellationToken">Cancels the backup.</param>
    public static async Task<ArchiveWriter> StartAsync(
        ArchiveHeader header,
        ArchiveOutputs outputs,
        ArchiveWriterOptions options,
        ChainIndex? chain,
        long expectedBytes,
        string? changeToken,
        CancellationToken cancellationToken
    )
    {
        if (header.Parent != chain?.Newest.Id)
        {
            throw new ArgumentException("The parent must be the chain's newest archive.", nameof(header));
        }
        var writer = new ArchiveWriter(
            header,
            outputs,
            options,
            chain,
            new()
            {
                Id = header.Id,
                Chain = header.Chain,
                Parent = header.Parent,
                Database = header.Database,
                Type = header.Type,
                StartTime = header.StartTime,
                ChainKey = chain?.Newest.ChainKey ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
                PartMean = chain?.Newest.PartMean ?? GearChunker.MeanFor(expectedBytes),
                Protection = outputs.ProtectionId,
                ChangeToken = changeToken,
            },
            cancellationToken
        );
        try
        {
            await writer._index.StartAsync(writer._indexHeader, cancellationToken);
            await writer._tar.AddAsync("holdfast.json", JsonSerializer.SerializeToUtf8Bytes(header, FormatJson.Default.ArchiveHeader));
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Owner and mode of the database file, for the manifest; null if the database is not a file.</summary>
    public FilePermissions? File { get; set; }

    /// <inheritdoc/>
    public async Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken) =>
        _items.Add(
            await new ImageItemWriter(name, image, _frames, _tar, _index, _tagger, _chain).WriteAsync(_options.Workers, cancellationToken)
        );

    /// <inheritdoc/>
    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    ) =>
        _items.Add(
            await new StreamItemWriter(name, _indexHeader.PartMean, _tar, _index, _tagger, _chain, ArchiveNumber).WriteAsync(
                _options.Workers,
                produce,
                cancellationToken
            )
        );

    /// <summary>
    /// Completes the archive: manifest, index, seek table, and the end of the age file. It is durable only once the destination has
    /// published it.
    /// </summary>
    public async Task<ArchiveSummary> CompleteAsync(
        IReadOnlyDictionary<string, string> fingerprint,
        IReadOnlyList<string> warnings,
        DateTimeOffset endTime,
        CancellationToken cancellationToken
    )
    {
        var contentTag = ContentTags.Compute(_items, _tagger);
        var ownBytes = _items.Sum(i => i.Parts.Where(p => p.Archive == 0).Sum(p => p.Length));
        var manifest = new Manifest
        {
            Id = _header.Id,
            Archives = _archives,
            Items = _items,
            TotalBytes = _items.Sum(i => i.Length),
            OwnBytes = ownBytes,
            Fingerprint = fingerprint,
            Warnings = warnings,
            File = File,
            EndTime = endTime,
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, FormatJson.Default.Manifest);
        var sha256 = Convert.ToBase64String(SHA256.HashData(json));
        var offset = await _tar.AddAsync("manifest.json", json);
        await _frames.EndFrameAsync();
        await _tar.AddAsync(
            "index.json",
            JsonSerializer.SerializeToUtf8Bytes(
                new(ArchiveHeader.CurrentFormat, new(json.Length, sha256, 0, offset)),
                FormatJson.Default.ArchiveIndex
            )
        );
        await _tar.EndAsync();
        await _frames.CompleteAsync();
        if (_archiveSealer is not null)
        {
            await _archiveSealer.CompleteAsync();
        }
        await _index.CompleteAsync(contentTag, cancellationToken);
        if (_indexSealer is not null)
        {
            await _indexSealer.CompleteAsync();
        }
        var unchanged = _chain is not null && _chain.ContentTag.AsSpan().SequenceEqual(contentTag);
        return new()
        {
            Id = _header.Id,
            IsUnchanged = unchanged,
            TotalBytes = manifest.TotalBytes,
            OwnBytes = ownBytes,
            StoredBytes = _storedArchive.Length,
            ManifestSha256 = sha256,
            StoredSha256 = _storedArchive.Sha256(),
            IndexBytes = _storedIndex.Length,
            IndexSha256 = _storedIndex.Sha256(),
        };
    }

    /// <summary>Computes the digest of the contents; null if the engine has no change token.</summary>
    /// <param name="key">The node's <see cref="ContentKey"/>.</param>
    public ContentDigest? ComputeContentDigest(byte[] key) =>
        _indexHeader.ChangeToken is { } token ? ContentTags.ComputeContentDigest(_items, token, _indexHeader.PartMean, key) : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _frames.DisposeAsync();
        if (_archiveSealer is not null)
        {
            await _archiveSealer.DisposeAsync();
        }
        if (_indexSealer is not null)
        {
            await _indexSealer.DisposeAsync();
        }
        _storedArchive.Dispose();
        _storedIndex.Dispose();
        _tagger.Dispose();
    }

    private int ArchiveNumber(string id)
    {
        var number = _archives.IndexOf(id);
        if (number >= 0)
        {
            return number;
        }
        _archives.Add(id);
        return _archives.Count - 1;
    }
}

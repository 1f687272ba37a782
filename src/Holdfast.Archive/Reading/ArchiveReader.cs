using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Archive.Age;
using Holdfast.Archive.Age.Payload;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Items;
using Holdfast.Archive.Remote;
using Holdfast.Archive.Tar;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>An open archive. Header and manifest have been read and validated; parts are read on demand.</summary>
public sealed class ArchiveReader : IAsyncDisposable
{
    private const long LargestManifest = 64 << 20;
    private const int LargestHeader = 1 << 20;

    private ArchiveReader(FrameReader frames) => Frames = frames;

    /// <summary>Path or address, for messages.</summary>
    public string Name => Frames.Name;

    /// <summary>Its first entry.</summary>
    public ArchiveHeader Header { get; private set; } = null!;

    /// <summary>Its manifest.</summary>
    public Manifest Manifest { get; private set; } = null!;

    /// <summary>SHA-256 of the manifest, Base64.</summary>
    public string ManifestSha256 { get; private set; } = "";

    /// <summary>The key or passphrase that opened it; null for an unencrypted archive.</summary>
    public DatabaseKey? OpenedWith { get; private init; }

    internal FrameReader Frames { get; }

    internal ArchiveIndex Index { get; private set; } = null!;

    /// <summary>The layout of its tar stream.</summary>
    internal ArchiveLayout Layout { get; private set; } = null!;

    /// <summary>
    /// Opens an archive with a few small reads, at most three requests to a remote destination, decrypting it if necessary, and takes
    /// ownership of the source.
    /// </summary>
    /// <exception cref="HoldfastException">Key missing, key wrong, corrupt, truncated or refused; with file and position.</exception>
    public static async Task<ArchiveReader> OpenAsync(IByteSource source, AgeKeys keys, CancellationToken cancellationToken)
    {
        source = TailSource.Of(source, withManifest: true);
        var opened = await AgeSource.OpenAsync(source, keys, SeekTable.CanBeLength, cancellationToken);
        try
        {
            var reader = new ArchiveReader(await FrameReader.OpenAsync(opened, cancellationToken))
            {
                OpenedWith = (opened as AgeReader)?.OpenedWith,
            };
            await reader.ReadHeaderAsync(cancellationToken);
            // Now, while its frame is in memory: it can be large.
            await reader.CheckFrameOfAsync(ArchiveLayout.FirstEntryOf(reader), cancellationToken);
            await reader.ReadManifestAsync(cancellationToken);
            ManifestValidator.Validate(reader);
            await reader.ReadLayoutAsync(cancellationToken);
            (source as TailSource)?.Trim();
            return reader;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads only the header, for listings.</summary>
    public static async Task<ArchiveHeader> ReadHeaderAsync(IByteSource source, AgeKeys keys, CancellationToken cancellationToken)
    {
        source = TailSource.Of(source, withManifest: false);
        await using var opened = await AgeSource.OpenAsync(source, keys, SeekTable.CanBeLength, cancellationToken);
        var reader = new ArchiveReader(await FrameReader.OpenAsync(opened, cancellationToken));
        await reader.ReadHeaderAsync(cancellationToken);
        return reader.Header;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Frames.DisposeAsync();

    /// <summary>Size of the tar header before an entry, in bytes.</summary>
    internal static int HeaderBytesOf(LayoutEntry entry) =>
        TarFormat.NeedsLongHeader(entry.Length) ? TarFormat.HeaderBlocks * TarFormat.Block : TarFormat.Block;

    /// <summary>Checks that the bytes around an entry in the tar stream are its tar header and padding; throws otherwise.</summary>
    internal async Task CheckFrameOfAsync(LayoutEntry entry, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytesOf(entry)];
        await Frames.ReadAsync(entry.Offset - header.Length, header, cancellationToken);
        CheckHeader(entry, header);
        var padding = new byte[TarFormat.Padding(entry.Length)];
        await Frames.ReadAsync(entry.Offset + entry.Length, padding, cancellationToken);
        CheckPadding(entry, padding);
    }

    /// <summary>Checks the tar header of an entry.</summary>
    internal void CheckHeader(LayoutEntry entry, ReadOnlySpan<byte> header)
    {
        if (
            TarFormat.Parse(header, Name, entry.Offset - header.Length) is not { } found
            || found.Name != entry.Name
            || found.Length != entry.Length
        )
        {
            throw ArchiveFailure.Refused(
                Name,
                $"at offset {entry.Offset} of its tar stream is not the entry '{entry.Name}' of {entry.Length} bytes"
            );
        }
    }

    /// <summary>Checks the padding after an entry.</summary>
    internal void CheckPadding(LayoutEntry entry, ReadOnlySpan<byte> padding)
    {
        if (padding.ContainsAnyExcept((byte)0))
        {
            throw ArchiveFailure.Corrupt(Name, $"its tar stream has padding that is not zero, near offset {entry.Offset + entry.Length}");
        }
    }

    /// <summary>Reads the page map of an image; null if it has none.</summary>
    /// <exception cref="HoldfastException">It does not match the stored pages.</exception>
    internal async Task<PageMap?> ReadPageMapAsync(ManifestItem item, CancellationToken cancellationToken)
    {
        if (item.PageMap is not { } part)
        {
            return null;
        }
        await CheckFrameOfAsync(Layout.GetEntry(part), cancellationToken);
        var map = new PageMap(await ReadPartAsync(part, $"the page map of {item.Name}", cancellationToken));
        var (named, stored) = (map.Count(), item.Parts.Sum(p => p.Length) / item.PageSize!.Value);
        return named == stored
            ? map
            : throw ArchiveFailure.Refused(Name, $"the page map of {item.Name} lists {named} pages, but {stored} are stored");
    }

    /// <summary>Reads a part of this archive and verifies its SHA-256.</summary>
    internal async Task<byte[]> ReadPartAsync(ManifestPart part, string description, CancellationToken cancellationToken)
    {
        var bytes = new byte[part.Length];
        await Frames.ReadAsync(part.Offset, bytes, cancellationToken);
        if (Convert.ToBase64String(SHA256.HashData(bytes)) != part.Sha256)
        {
            throw ArchiveFailure.Corrupt(
                Name,
                $"the hash of {description} at offset {part.Offset} of its tar stream does not match the manifest"
            );
        }
        return bytes;
    }

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        var (entry, content) = await ReadEntryAsync(0, "holdfast.json", LargestHeader, cancellationToken);
        Header = Parse(content, FormatJson.Default.ArchiveHeader, "holdfast.json");
        HeaderBytes = entry.HeaderBytes + entry.Length;
        if (Header.Format != ArchiveHeader.CurrentFormat)
        {
            throw new HoldfastException(
                ErrorCatalog.Corrupt,
                $"'{Name}' has format version {Header.Format}; this program reads version {ArchiveHeader.CurrentFormat}.",
                "Use a newer Holdfast."
            );
        }
        ManifestValidator.Validate(Header, Name);
    }

    private async Task ReadManifestAsync(CancellationToken cancellationToken)
    {
        var last = Frames.Table.Content(Frames.Table.Count - 1).Offset;
        var (_, content) = await ReadEntryAsync(last, "index.json", LargestHeader, cancellationToken);
        Index = Parse(content, FormatJson.Default.ArchiveIndex, "index.json");
        var part = Index.Manifest;
        if (part.Length is < 2 or > LargestManifest || part.Archive != 0 || part.Offset < 0 || part.Offset > last - part.Length)
        {
            throw ArchiveFailure.Refused(Name, $"its manifest claims to have {part.Length} bytes at offset {part.Offset}");
        }
        Manifest = Parse(await ReadPartAsync(part, "manifest.json", cancellationToken), FormatJson.Default.Manifest, "manifest.json");
        ManifestSha256 = part.Sha256;
    }

    // The end must be a valid end of a tar stream; otherwise a streaming reader could find entries that others do not.
    private async Task ReadLayoutAsync(CancellationToken cancellationToken)
    {
        var last = Frames.Table.Content(Frames.Table.Count - 1).Offset;
        Layout = ArchiveLayout.Create(this, last);
        await CheckFrameOfAsync(Layout.Entries[^1], cancellationToken);
        var (entry, _) = await ReadEntryAsync(last, "index.json", LargestHeader, cancellationToken);
        var end = last + entry.HeaderBytes + entry.Length;
        var remaining = TarFormat.Padding(entry.Length) + TarFormat.EndBytes;
        if (Frames.Length < end + remaining)
        {
            throw ArchiveFailure.Truncated(Name, "its tar stream has no end");
        }
        if (Frames.Length > end + remaining)
        {
            throw ArchiveFailure.Refused(Name, "there are bytes after the end of the tar stream");
        }
        var zeros = new byte[remaining];
        await Frames.ReadAsync(end, zeros, cancellationToken);
        if (zeros.AsSpan().ContainsAnyExcept((byte)0))
        {
            throw ArchiveFailure.Corrupt(Name, $"its tar stream has padding that is not zero, near offset {end}");
        }
    }

    /// <summary>Size of the first entry with its header, without padding, in bytes.</summary>
    internal long HeaderBytes { get; private set; }

    private async Task<(TarEntry Entry, byte[] Content)> ReadEntryAsync(
        long offset,
        string name,
        int largest,
        CancellationToken cancellationToken
    )
    {
        var block = new byte[TarFormat.Block];
        if (offset + block.Length > Frames.Length)
        {
            throw ArchiveFailure.Truncated(Name, $"no {name}");
        }
        await Frames.ReadAsync(offset, block, cancellationToken);
        if (TarFormat.Parse(block, Name, offset) is not { } entry || entry.Name != name)
        {
            throw ArchiveFailure.Corrupt(Name, $"{name} is not at offset {offset} of its tar stream");
        }
        if (entry.Length > largest || offset + entry.HeaderBytes + entry.Length > Frames.Length)
        {
            throw ArchiveFailure.Refused(Name, $"{name} claims to have {entry.Length} bytes");
        }
        var content = new byte[entry.Length];
        await Frames.ReadAsync(offset + entry.HeaderBytes, content, cancellationToken);
        return (entry, content);
    }

    private T Parse<T>(byte[] json, JsonTypeInfo<T> type, string description)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw ArchiveFailure.Corrupt(Name, $"{description} is not valid JSON", e);
        }
    }
}

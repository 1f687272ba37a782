using System.Security.Cryptography;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Parts of the intact archives of a chain. Archives are reopened when a part is requested.</summary>
internal sealed class VerifiedParts : IAsyncDisposable
{
    private const int MaxOpen = 200; // opening one with a passphrase takes about a second
    private const int MaxCachedFrames = 8; // that many of them keep their last frame

    private readonly Dictionary<string, VerifiedArchive> _byId = new(StringComparer.Ordinal);
    private readonly List<(string Id, FrameReader Frames)> _open = []; // in order of use, most recent last

    private sealed record VerifiedArchive(ArchiveLayout Layout, AgeKeys Keys, Func<CancellationToken, Task<IByteSource>> Open);

    /// <summary>Adds an archive.</summary>
    public void Add(ArchiveReader archive, AgeKeys keys, Func<CancellationToken, Task<IByteSource>> open) =>
        _byId[archive.Header.Id] = new(archive.Layout, keys, open);

    /// <summary>Whether a part is exactly one entry of an added archive.</summary>
    public bool Contains(string id, ManifestPart part) => _byId.TryGetValue(id, out var archive) && archive.Layout.Contains(part);

    /// <summary>Reads a part of an added archive and verifies its hash.</summary>
    public async Task<PooledBuffer> ReadAsync(string id, ManifestPart part, CancellationToken cancellationToken) =>
        await ReadAsync(await FramesAsync(id, cancellationToken), part, cancellationToken);

    /// <summary>Reads a part and verifies its hash.</summary>
    public static async Task<PooledBuffer> ReadAsync(FrameReader frames, ManifestPart part, CancellationToken cancellationToken)
    {
        var bytes = new PooledBuffer((int)part.Length) { Length = (int)part.Length };
        try
        {
            await frames.ReadAsync(part.Offset, bytes.WritableMemory, cancellationToken);
            if (Convert.ToBase64String(SHA256.HashData(bytes.Span)) == part.Sha256)
            {
                return bytes;
            }
            throw ArchiveFailure.Corrupt(
                frames.Name,
                $"the hash of a part at offset {part.Offset} of its tar stream does not match the manifest"
            );
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, frames) in _open)
        {
            await frames.DisposeAsync();
        }
        _open.Clear();
    }

    private async Task<FrameReader> FramesAsync(string id, CancellationToken cancellationToken)
    {
        var at = _open.FindIndex(o => o.Id == id);
        if (at >= 0)
        {
            var used = _open[at];
            _open.RemoveAt(at);
            Add(used);
            return used.Frames;
        }

        if (_open.Count == MaxOpen)
        {
            var oldest = _open[0].Frames;
            _open.RemoveAt(0);
            await oldest.DisposeAsync();
        }

        var archive = _byId[id];
        var opened = await AgeSource.OpenAsync(
            await archive.Open(cancellationToken),
            archive.Keys,
            SeekTable.CanBeLength,
            cancellationToken
        );
        try
        {
            var frames = await FrameReader.OpenAsync(opened, cancellationToken);
            Add((id, frames));
            return frames;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    private void Add((string Id, FrameReader Frames) used)
    {
        _open.Add(used);
        if (_open.Count > MaxCachedFrames)
        {
            _open[^(MaxCachedFrames + 1)].Frames.ReleaseCachedFrame();
        }
    }
}

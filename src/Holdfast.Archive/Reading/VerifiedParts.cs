using System.Security.Cryptography;
using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Frames;
using Holdfast.Archive.Items;
using Holdfast.Archive.Pipeline;

namespace Holdfast.Archive.Reading;

/// <summary>Parts of archives of a chain that were found whole. They are opened again when a part is asked for.</summary>
internal sealed class VerifiedParts : IAsyncDisposable
{
    private const int MaxOpen = 200; // opening one with a passphrase takes a second
    private const int MaxCachedFrames = 8; // as many of them keep the frame that they have read

    private readonly Dictionary<string, VerifiedArchive> _byId = new(StringComparer.Ordinal);
    private readonly List<(string Id, FrameReader Frames)> _open = []; // the one used last stands last

    private sealed record VerifiedArchive(ArchiveLayout Layout, AgeKeys Keys, Func<CancellationToken, Task<IByteSource>> Open);

    /// <summary>Takes an archive in.</summary>
    public void Add(ArchiveReader archive, AgeKeys keys, Func<CancellationToken, Task<IByteSource>> open) =>
        _byId[archive.Header.Id] = new(archive.Layout, keys, open);

    /// <summary>Whether a part is one whole entry of an archive that was taken in.</summary>
    public bool Contains(string id, ManifestPart part) => _byId.TryGetValue(id, out var held) && held.Layout.Contains(part);

    /// <summary>Reads a part of an archive that was taken in, and checks its hash.</summary>
    public async Task<PooledBuffer> ReadAsync(string id, ManifestPart part, CancellationToken cancellationToken) =>
        await ReadAsync(await FramesAsync(id, cancellationToken), part, cancellationToken);

    /// <summary>Reads a part and checks its hash.</summary>
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
                $"a part at offset {part.Offset} of its tar stream has another hash than the manifest says"
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

        var held = _byId[id];
        var opened = await AgeSource.OpenAsync(await held.Open(cancellationToken), held.Keys, SeekTable.CanBeLength, cancellationToken);
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

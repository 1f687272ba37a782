using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Checks the streams of each point of a chain, oldest first, for anything that a restore of that point would refuse. A point's stream is
/// stored in its own and in older archives. Parts that it shares with the point before it are not read again, except for a few around
/// changes.
/// </summary>
/// <param name="createCheck">Creates the check of a stream; null if it needs none.</param>
public sealed class ChainStreamVerifier(Func<ArchiveHeader, ManifestItem, IStreamCheck?> createCheck) : IAsyncDisposable
{
    private readonly VerifiedParts _verified = new();
    private readonly Dictionary<(string Engine, string Item), StreamCheckCache> _results = [];
    private long _tarBytes; // of the archives that were added

    /// <summary>Adds an intact archive, whose parts later points may refer to.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="keys">Keys that open it.</param>
    /// <param name="open">Reopens its file when parts of it have to be read.</param>
    public void Add(ArchiveReader archive, AgeKeys keys, Func<CancellationToken, Task<IByteSource>> open)
    {
        _tarBytes += archive.Frames.Length;
        if (archive.Manifest.Items.Any(i => i.Kind == ItemKind.Stream))
        {
            _verified.Add(archive, keys, open);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _verified.DisposeAsync();

    /// <summary>
    /// Starts the checks of a point's streams, except streams with missing parts, which <see cref="ChainValidator"/> reports, and streams
    /// that repeat their parts more often than a restore accepts, because checking a small archive that claims a long stream would cost as
    /// much as its length.
    /// </summary>
    /// <returns>The streams, and the refusal of any of the others.</returns>
    internal (IReadOnlyList<(ManifestItem Item, PointStreamVerifier Point)> Points, HoldfastException? Refusal) Begin(ArchiveReader archive)
    {
        HoldfastException? refusal = null;
        var points = new List<(ManifestItem, PointStreamVerifier)>();
        foreach (var item in archive.Manifest.Items.Where(i => i.Kind == ItemKind.Stream && i.Parts.All(p => HasPart(archive, p))))
        {
            if (ChainValidator.CheckRepetition(archive, item, _tarBytes + archive.Frames.Length) is { } repeats)
            {
                refusal ??= repeats;
                continue;
            }

            if (createCheck(archive.Header, item) is not { } check)
            {
                continue;
            }
            var key = (archive.Header.Engine, item.Name);
            if (!_results.TryGetValue(key, out var steps))
            {
                _results[key] = steps = new();
            }
            points.Add((item, new(archive, item, check, _verified, steps)));
        }

        return (points, refusal);
    }

    private bool HasPart(ArchiveReader archive, ManifestPart part) =>
        part.Archive == 0 || _verified.Contains(archive.Manifest.Archives[part.Archive], part);
}

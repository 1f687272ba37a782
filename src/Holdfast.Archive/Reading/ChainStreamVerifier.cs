using Holdfast.Archive.Age;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Holds the streams of each point of a chain, the oldest first, against what a restore of that point would refuse. A
/// point's stream lies in its own and in
/// older archives. What it shares with the point before it is not read again, but for the few parts around what has changed.
/// </summary>
/// <param name="checkOf">Begins to look at a stream; null where there is nothing to look for.</param>
public sealed class ChainStreamVerifier(Func<ArchiveHeader, ManifestItem, IStreamCheck?> checkOf) : IAsyncDisposable
{
    private readonly VerifiedParts _verified = new();
    private readonly Dictionary<(string Engine, string Item), StreamCheckCache> _steps = [];
    private long _tarBytes; // of the archives that were taken

    /// <summary>Takes an archive that was found whole: later points may name its parts.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="keys">Open it.</param>
    /// <param name="open">Opens its file again, where parts of it are to be read.</param>
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
    /// Begins to look at the streams of a point, but for those whose parts are not all there, which
    /// <see cref="ChainValidator"/> tell of, and those that repeat
    /// their parts more often than a restore takes: what is small and says that it is long would cost as much as its length.
    /// </summary>
    /// <returns>The streams, and what is refused of the others at once.</returns>
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

            if (checkOf(archive.Header, item) is not { } check)
            {
                continue;
            }
            var key = (archive.Header.Engine, item.Name);
            if (!_steps.TryGetValue(key, out var steps))
            {
                _steps[key] = steps = new();
            }
            points.Add((item, new(archive, item, check, _verified, steps)));
        }

        return (points, refusal);
    }

    private bool HasPart(ArchiveReader archive, ManifestPart part) =>
        part.Archive == 0 || _verified.Contains(archive.Manifest.Archives[part.Archive], part);
}

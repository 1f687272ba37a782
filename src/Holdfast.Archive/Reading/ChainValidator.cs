using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// What must hold between the archives of one chain, the oldest first, before a point of it is restored. A verification
/// asks for the same: what it calls
/// whole can be restored, and what a restore refuses it refuses.
/// </summary>
public sealed class ChainValidator
{
    // Equal parts are stored once, so a stream can be longer than all that its chain holds; this much longer no writer makes it.
    internal const long MaxRepetition = 64,
        FreeRepetitionBytes = 64 << 20;

    private readonly Dictionary<string, (ArchiveHeader Header, ArchiveLayout Layout)> _previous = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Item, int PageSize), PageMap> _pages = [];
    private long _tarBytes;
    private bool _isIncomplete;

    /// <summary>Whether an archive of that id was taken.</summary>
    public bool Has(string id) => _previous.ContainsKey(id);

    /// <summary>Takes the next archive of the chain and checks it against those before it.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.ChainIncomplete"/>, or it asks for what the chain does not hold.
    /// </exception>
    public void Add(ArchiveReader archive)
    {
        var header = archive.Header;
        var hasParent =
            header.Parent is not { } parent || (_previous.TryGetValue(parent, out var found) && found.Header.Chain == header.Chain);
        _previous[header.Id] = (header, archive.Layout); // also where it lacks a parent: those that build on it lack that one
        _tarBytes += archive.Frames.Length;
        _isIncomplete |= !hasParent;
        if (!hasParent)
        {
            throw Incomplete($"'{archive.Name}' builds on archive {header.Parent}, which is missing or damaged.");
        }
        foreach (var id in archive.Manifest.Archives.Where(id => !_previous.ContainsKey(id)))
        {
            throw Incomplete($"'{archive.Name}' names archive {id}, which is not before it in its chain.");
        }
        foreach (var item in archive.Manifest.Items.Where(i => i.Kind == ItemKind.Stream))
        {
            CheckParts(archive, item);
        }
    }

    /// <summary>
    /// Checks that the chain up to the archive that was taken last holds every page of its images; a restore finds that
    /// out as it writes them.
    /// </summary>
    /// <exception cref="HoldfastException">A page is in no archive.</exception>
    public async Task CheckPagesAsync(ArchiveReader archive, CancellationToken cancellationToken)
    {
        foreach (var item in archive.Manifest.Items.Where(i => i.Kind == ItemKind.Image))
        {
            await CheckPagesAsync(archive, item, cancellationToken);
        }
    }

    /// <summary>That an archive builds on one that is damaged, as <paramref name="problem"/> says: no fault of its own.</summary>
    public static HoldfastException CreateBaseDamaged(string archive, HoldfastException problem) =>
        new(
            ErrorCatalogue.ChainIncomplete,
            $"'{archive}' builds on an archive that is not whole: {problem.Message}",
            problem.Hint,
            problem
        );

    /// <summary>What is said where a stream is made of far less than its length by repeated parts; null where it is not.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="item">The stream.</param>
    /// <param name="tarBytes">Bytes of the tar streams of the chain up to and with that archive.</param>
    internal static HoldfastException? CheckRepetition(ArchiveReader archive, ManifestItem item, long tarBytes) =>
        item.Length <= (Int128)MaxRepetition * tarBytes + FreeRepetitionBytes
            ? null
            : ArchiveFailure.Refused(
                archive.Name,
                $"{item.Name} is said to have {item.Length} bytes, made of {tarBytes} by naming the same parts over and over"
            );

    private void CheckParts(ArchiveReader archive, ManifestItem item)
    {
        foreach (var part in item.Parts.Where(p => p.Archive != 0))
        {
            var id = archive.Manifest.Archives[part.Archive];
            if (!_previous[id].Layout.Contains(part))
            {
                throw ArchiveFailure.Refused(
                    archive.Name,
                    $"it names {part.Length} bytes at offset {part.Offset} of archive {id}, which are no part there"
                );
            }
        }

        if (CheckRepetition(archive, item, _tarBytes) is { } refusal)
        {
            throw refusal;
        }
    }

    private async Task CheckPagesAsync(ArchiveReader archive, ManifestItem item, CancellationToken cancellationToken)
    {
        var count = item.Length / item.PageSize!.Value;
        var key = (item.Name, item.PageSize.Value);
        if (!_pages.TryGetValue(key, out var held))
        {
            held = _pages[key] = PageMap.Empty(0);
        }
        if (await archive.ReadPageMapAsync(item, cancellationToken) is { } map)
        {
            held.Add(map);
        }
        else
        {
            held.AddFirst(count); // a full archive has them all
        }
        var missing = count - held.CountBelow(count);
        if (missing == 0)
        {
            return;
        }
        var what = $"{missing} pages of {item.Name} are in no archive of its chain";
        throw _isIncomplete
            ? Incomplete($"'{archive.Name}': {what}, of which one is missing or damaged.")
            : ArchiveFailure.Refused(archive.Name, what);
    }

    private static HoldfastException Incomplete(string what) =>
        new(ErrorCatalogue.ChainIncomplete, what, "Take the chain from another destination, or restore an older point.");
}

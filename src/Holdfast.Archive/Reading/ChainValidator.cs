using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Reading;

/// <summary>
/// The rules between the archives of one chain, oldest first, that must hold before a point of it is restored. Verification applies the
/// same rules, so an archive that it reports as intact can be restored.
/// </summary>
public sealed class ChainValidator
{
    // Equal parts are stored once, so a stream can be longer than all stored parts of its chain, but no writer exceeds this factor.
    internal const long MaxRepetition = 64,
        FreeRepetitionBytes = 64 << 20;

    private readonly Dictionary<string, (ArchiveHeader Header, ArchiveLayout Layout)> _previous = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Item, int PageSize), PageMap> _pages = [];
    private long _tarBytes;
    private bool _isIncomplete;

    /// <summary>Whether an archive with that id was added.</summary>
    public bool Has(string id) => _previous.ContainsKey(id);

    /// <summary>Adds the next archive of the chain and validates it against those before it.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.ChainIncomplete"/>, or it refers to parts that the chain does not contain.
    /// </exception>
    public void Add(ArchiveReader archive)
    {
        var header = archive.Header;
        var hasParent =
            header.Parent is not { } parent || (_previous.TryGetValue(parent, out var found) && found.Header.Chain == header.Chain);
        _previous[header.Id] = (header, archive.Layout); // even if its parent is missing: archives that build on it report that one
        _tarBytes += archive.Frames.Length;
        _isIncomplete |= !hasParent;
        if (!hasParent)
        {
            throw Incomplete($"'{archive.Name}' builds on archive {header.Parent}, which is missing or damaged.");
        }
        foreach (var id in archive.Manifest.Archives.Where(id => !_previous.ContainsKey(id)))
        {
            throw Incomplete($"'{archive.Name}' refers to archive {id}, which is not before it in its chain.");
        }
        foreach (var item in archive.Manifest.Items.Where(i => i.Kind == ItemKind.Stream))
        {
            CheckParts(archive, item);
        }
    }

    /// <summary>
    /// Checks that the chain up to the last added archive contains every page of its images; a restore detects that while writing them.
    /// </summary>
    /// <exception cref="HoldfastException">A page is in no archive.</exception>
    public async Task CheckPagesAsync(ArchiveReader archive, CancellationToken cancellationToken)
    {
        foreach (var item in archive.Manifest.Items.Where(i => i.Kind == ItemKind.Image))
        {
            await CheckPagesAsync(archive, item, cancellationToken);
        }
    }

    /// <summary>Creates the error for an archive that is intact but builds on a damaged one.</summary>
    public static HoldfastException CreateBaseDamaged(string archive, HoldfastException problem) =>
        new(ErrorCatalog.ChainIncomplete, $"'{archive}' builds on an archive that is not intact: {problem.Message}", problem.Hint, problem);

    /// <summary>Returns the error for a stream that repeats its parts far more often than a writer would; null if it does not.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="item">The stream.</param>
    /// <param name="tarBytes">Total size of the tar streams of the chain up to and including that archive, in bytes.</param>
    internal static HoldfastException? CheckRepetition(ArchiveReader archive, ManifestItem item, long tarBytes) =>
        item.Length <= (Int128)MaxRepetition * tarBytes + FreeRepetitionBytes
            ? null
            : ArchiveFailure.Refused(
                archive.Name,
                $"{item.Name} claims to have {item.Length} bytes, by repeating the same parts of {tarBytes} stored bytes"
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
                    $"it refers to {part.Length} bytes at offset {part.Offset} of archive {id}, which are not a part there"
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
        if (!_pages.TryGetValue(key, out var pages))
        {
            pages = _pages[key] = PageMap.Empty(0);
        }
        if (await archive.ReadPageMapAsync(item, cancellationToken) is { } map)
        {
            pages.Add(map);
        }
        else
        {
            pages.AddFirst(count); // a full archive has all pages
        }
        var missing = count - pages.CountBelow(count);
        if (missing == 0)
        {
            return;
        }
        var problem = $"{missing} pages of {item.Name} are in no archive of its chain";
        throw _isIncomplete
            ? Incomplete($"'{archive.Name}': {problem}, one of which is missing or damaged.")
            : ArchiveFailure.Refused(archive.Name, problem);
    }

    private static HoldfastException Incomplete(string problem) =>
        new(ErrorCatalog.ChainIncomplete, problem, "Use the chain from another destination, or restore an older point.");
}

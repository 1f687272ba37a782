using System.Globalization;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Tar;

namespace Holdfast.Archive.Reading;

/// <summary>
/// The entries of an archive's tar stream according to its manifest: contiguous, without gaps or overlaps. Created when an archive is
/// opened, so that verification, restore and extraction refuse the same archives.
/// </summary>
internal sealed class ArchiveLayout
{
    private readonly Dictionary<long, LayoutEntry> _byOffset;

    private ArchiveLayout(List<LayoutEntry> entries)
    {
        Entries = entries;
        _byOffset = entries.ToDictionary(e => e.Offset);
    }

    /// <summary>All entries in order, from <c>holdfast.json</c> to <c>manifest.json</c>; <c>index.json</c> follows.</summary>
    public IReadOnlyList<LayoutEntry> Entries { get; }

    /// <summary>The first entry of an archive whose header has been read.</summary>
    public static LayoutEntry FirstEntryOf(ArchiveReader archive) =>
        new("holdfast.json", archive.HeaderBytes - TarFormat.Block, null, 0, TarFormat.Block);

    /// <summary>Creates the layout from the validated manifest of an archive.</summary>
    /// <exception cref="Core.Errors.HoldfastException">Entries overlap, occur twice, or leave gaps.</exception>
    public static ArchiveLayout Create(ArchiveReader archive, long indexAt)
    {
        var manifest = archive.Index.Manifest;
        List<LayoutEntry> entries = [FirstEntryOf(archive), .. Parts(archive.Manifest)];
        entries.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        entries.Add(new("manifest.json", manifest.Length, manifest.Sha256, 0, manifest.Offset));
        // The entry of an empty image has no part that states its position.
        var empty = archive.Manifest.Items.Count(i => i is { Kind: ItemKind.Image, Length: 0 });
        for (var i = 1; i < entries.Count; i++)
        {
            var (before, entry) = (entries[i - 1], entries[i]);
            var headers = entry.Offset - End(before);
            if (
                headers < TarFormat.Block
                || headers > (TarFormat.HeaderBlocks + (long)empty) * TarFormat.Block
                || headers % TarFormat.Block != 0
            )
            {
                throw ArchiveFailure.Refused(
                    archive.Name,
                    $"'{entry.Name}' at offset {entry.Offset} of its tar stream does not follow '{before.Name}', which ends "
                        + $"at {End(before)}"
                );
            }
        }

        if (indexAt != End(entries[^1]))
        {
            throw ArchiveFailure.Refused(archive.Name, "its index.json does not follow the manifest");
        }
        return new(entries);
    }

    /// <summary>Whether a part is exactly one entry.</summary>
    public bool Contains(ManifestPart part) =>
        _byOffset.TryGetValue(part.Offset, out var entry) && entry.Length == part.Length && entry.Sha256 == part.Sha256;

    /// <summary>Returns the entry of a part; see <see cref="Contains"/>.</summary>
    public LayoutEntry GetEntry(ManifestPart part) => _byOffset[part.Offset];

    private static long End(LayoutEntry entry) => entry.Offset + entry.Length + TarFormat.Padding(entry.Length);

    private static IEnumerable<LayoutEntry> Parts(Manifest manifest)
    {
        foreach (var item in manifest.Items)
        {
            for (var i = 0; i < item.Parts.Count; i++)
            {
                var part = item.Parts[i];
                if (part.Archive != 0)
                {
                    continue;
                }
                var name =
                    item.Kind == ItemKind.Stream ? Numbered(item.Name, i)
                    : item.PageMap is null ? item.Name
                    : Numbered($"{item.Name}.pages", i);
                yield return new(name, part.Length, part.Sha256, item.Kind == ItemKind.Image ? item.PageSize!.Value : 0, part.Offset);
            }

            if (item.PageMap is { } map)
            {
                yield return new($"{item.Name}.pagemap", map.Length, map.Sha256, 0, map.Offset);
            }
        }
    }

    private static string Numbered(string name, int i) => string.Create(CultureInfo.InvariantCulture, $"{name}.{i + 1:D6}");
}

using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Tar;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Reading;

/// <summary>What must hold between the parts of a manifest before anything is done with it. It comes from a file that anybody may have written.</summary>
internal static class ManifestRules
{
    private const int MostItems = 10_000;
    private const int LongestItemName = 80; // with room for what the names of parts add
    private const int MostPageSize = 65_536;
    private const int MostPartBytes = 64 << 20;

    /// <summary>Throws when the manifest of <paramref name="archive"/> contradicts itself or its header.</summary>
    public static void Check(ArchiveReader archive)
    {
        var (header, manifest) = (archive.Header, archive.Manifest);
        void Require(bool holds, string what)
        {
            if (!holds) throw ArchiveFailure.Refused(archive.Name, what);
        }

        Require(IsId(header.Id) && IsId(header.Chain) && (header.Parent is null || IsId(header.Parent)), "its ids are not ids");
        Require(manifest.Id == header.Id && manifest.Archives.Count > 0 && manifest.Archives[0] == header.Id, "manifest and header have different ids");
        Require(header.Kind == BackupKind.Full == header.Parent is null, "kind and parent contradict each other");
        Require(header.Kind == BackupKind.Incremental || header.Chain == header.Id, "a full archive belongs to another chain");
        Require(manifest.Items.Count <= MostItems && manifest.Items.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count() == manifest.Items.Count, "its items are too many or share a name");
        foreach (var item in manifest.Items)
        {
            Require(TarFormat.IsPlainName(item.Name) && item.Name.Length <= LongestItemName && item.Length >= 0, "an item's name or length is impossible");
            foreach (var part in item.PageMap is null ? item.Parts : item.Parts.Append(item.PageMap))
            {
                Require(part.Length > 0 && part.Offset >= 0 && part.Archive >= 0 && part.Archive < manifest.Archives.Count, $"a part of {item.Name} lies nowhere");
                Require(part.Archive != 0 || part.Offset <= archive.Frames.Length - part.Length, $"a part of {item.Name} reaches past the end of the tar stream");
                Require(header.Kind == BackupKind.Incremental || part.Archive == 0, $"a part of {item.Name} lies outside of the full archive");
            }

            if (item.Kind == ItemKind.Stream) Require(item.Parts.Sum(p => p.Length) == item.Length && item.Parts.All(p => p.Length <= MostPartBytes), $"the parts of {item.Name} are not as long as the item");
            else CheckImage(item, header.Kind, Require);
        }
    }

    private static void CheckImage(ManifestItem item, BackupKind kind, Action<bool, string> require)
    {
        require(item.PageSize is >= 512 and <= MostPageSize && int.IsPow2(item.PageSize.Value) && item.Length % item.PageSize == 0 && item.Sha256 is not null, $"{item.Name} has impossible pages");
        require(item.Parts.All(p => p.Archive == 0 && p.Length % item.PageSize == 0), $"{item.Name} has parts elsewhere");
        if (kind == BackupKind.Full) require(item.PageMap is null && item.Parts.Count == (item.Length == 0 ? 0 : 1) && item.Parts.Sum(p => p.Length) == item.Length, $"{item.Name} is not one plain file");
        else require(item.Length == 0 ? item.PageMap is null : item.PageMap is { Archive: 0 } map && map.Length == ((item.Length / item.PageSize) + 7) / 8, $"{item.Name} has no fitting page map");
    }

    private static bool IsId(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);
}

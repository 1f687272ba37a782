using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Tar;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Reading;

/// <summary>
/// What must hold between the parts of a manifest before anything is done with it. It comes from a file that anybody
/// may have written.
/// </summary>
internal static class ManifestValidator
{
    private const int MaxItems = 10_000;
    private const int MaxItemNameLength = 80; // with room for what the names of parts add
    private const int MaxPageSize = 65_536;
    private const int MaxPartBytes = 64 << 20;
    private const long MaxPages = 1L << 32; // as many as SQLite has; bounds the page map to 512 MiB

    private static readonly string[] Reserved = ["holdfast.json", "manifest.json", "index.json"];

    /// <summary>Throws when the header of <paramref name="file"/> contradicts itself.</summary>
    public static void Validate(ArchiveHeader header, string file)
    {
        if (!IsId(header.Id) || !IsId(header.Chain) || (header.Parent is not null && !IsId(header.Parent)))
        {
            throw ArchiveFailure.Refused(file, "its ids are not ids");
        }
        // JSON may hold numbers where names of kinds are wanted.
        if (!Enum.IsDefined(header.Kind) || !Enum.IsDefined(header.Type))
        {
            throw ArchiveFailure.Refused(file, "its kind or type is unknown");
        }
        if (header.Kind == BackupKind.Full != header.Parent is null)
        {
            throw ArchiveFailure.Refused(file, "kind and parent contradict each other");
        }
        if (header.Kind == BackupKind.Full != (header.Chain == header.Id))
        {
            throw ArchiveFailure.Refused(file, "kind and chain contradict each other");
        }
    }

    /// <summary>Throws when the manifest of <paramref name="archive"/> contradicts itself or its header.</summary>
    public static void Validate(ArchiveReader archive)
    {
        var (header, manifest) = (archive.Header, archive.Manifest);
        void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw ArchiveFailure.Refused(archive.Name, what);
            }
        }

        // The JSON reader sees to it that nothing is null but what lists and maps hold.
        Require(
            manifest.Archives.All(IsId) && manifest.Items.All(i => i is not null && i.Parts.All(p => p is not null)),
            "its lists have gaps"
        );
        Require(
            manifest.Warnings.All(w => w is not null) && manifest.Fingerprint.Values.All(v => v is not null),
            "its warnings or fingerprint have gaps"
        );
        Require(manifest.File is null or { IsPossible: true }, "owner or mode of its file are impossible");
        Require(
            manifest.Id == header.Id && manifest.Archives.Count > 0 && manifest.Archives[0] == header.Id,
            "manifest and header have different ids"
        );
        Require(
            manifest.Items.Count <= MaxItems
                && manifest.Items.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count() == manifest.Items.Count,
            "its items are too many or share a name"
        );
        foreach (var item in manifest.Items)
        {
            Require(
                Enum.IsDefined(item.Kind)
                    && TarFormat.IsPlainName(item.Name)
                    && item.Name.Length <= MaxItemNameLength
                    && !Reserved.Contains(item.Name)
                    && item.Length >= 0,
                "an item's name, kind or length is impossible"
            );
            foreach (var part in item.PageMap is null ? item.Parts : item.Parts.Append(item.PageMap))
            {
                Require(
                    part.Length > 0
                        && part.Offset >= 0
                        && part.Offset <= long.MaxValue - part.Length
                        && part.Archive >= 0
                        && part.Archive < manifest.Archives.Count,
                    $"a part of {item.Name} lies nowhere"
                );
                Require(
                    part.Archive != 0 || part.Offset <= archive.Frames.Length - part.Length,
                    $"a part of {item.Name} reaches past the end of the tar stream"
                );
                Require(
                    header.Kind == BackupKind.Incremental || part.Archive == 0,
                    $"a part of {item.Name} lies outside of the full archive"
                );
            }

            if (item.Kind == ItemKind.Stream)
            {
                Require(
                    item.Parts.All(p => p.Length <= MaxPartBytes) && Sum(item.Parts) == item.Length,
                    $"the parts of {item.Name} are not as long as the item"
                );
            }
            else
            {
                CheckImage(item, header.Kind, Require);
            }
        }
    }

    private static void CheckImage(ManifestItem item, BackupKind kind, Action<bool, string> require)
    {
        require(
            item.PageSize is >= 512 and <= MaxPageSize
                && int.IsPow2(item.PageSize.Value)
                && item.Length % item.PageSize == 0
                && item.Length / item.PageSize <= MaxPages
                && item.Sha256 is not null,
            $"{item.Name} has impossible pages"
        );
        require(item.Parts.All(p => p.Archive == 0 && p.Length % item.PageSize == 0), $"{item.Name} has parts elsewhere");
        if (kind == BackupKind.Full)
        {
            require(
                item.PageMap is null
                    && item.Parts.Count == (item.Length == 0 ? 0 : 1)
                    && Sum(item.Parts) == item.Length
                    && item.Parts.All(p => p.Sha256 == item.Sha256),
                $"{item.Name} is not one plain file"
            );
        }
        else
        {
            require(
                item.Length == 0
                    ? item.PageMap is null && item.Parts.Count == 0
                    : item.PageMap is { Archive: 0 } map && map.Length == ((item.Length / item.PageSize) + 7) / 8,
                $"{item.Name} has no fitting page map"
            );
        }
    }

    private static Int128 Sum(IReadOnlyList<ManifestPart> parts) => parts.Aggregate(Int128.Zero, (sum, p) => sum + p.Length);

    /// <summary>Whether a text is an id: 32 lower-case hex digits.</summary>
    internal static bool IsId(string? id) => id is { Length: 32 } && id.All(char.IsAsciiHexDigitLower);
}

using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Archive.Tar;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Reading;

/// <summary>Validates a manifest before it is used. It comes from an untrusted file.</summary>
internal static class ManifestValidator
{
    private const int MaxItems = 10_000;
    private const int MaxItemNameLength = 80; // leaves room for the suffixes of part names
    private const int MaxPageSize = 65_536;
    private const int MaxPartBytes = 64 << 20;
    private const long MaxPages = 1L << 32; // the maximum of SQLite; bounds the page map to 512 MiB

    private static readonly string[] Reserved = ["holdfast.json", "manifest.json", "index.json"];

    /// <summary>Validates the header of <paramref name="file"/>; throws if it is inconsistent.</summary>
    public static void Validate(ArchiveHeader header, string file)
    {
        if (!IsId(header.Id) || !IsId(header.Chain) || (header.Parent is not null && !IsId(header.Parent)))
        {
            throw ArchiveFailure.Refused(file, "its ids are not valid");
        }
        // JSON may contain numbers instead of enumeration names.
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

    /// <summary>Validates the manifest of <paramref name="archive"/>; throws if it is inconsistent in itself or with the header.</summary>
    public static void Validate(ArchiveReader archive)
    {
        var (header, manifest) = (archive.Header, archive.Manifest);
        void Require(bool condition, string reason)
        {
            if (!condition)
            {
                throw ArchiveFailure.Refused(archive.Name, reason);
            }
        }

        // The JSON reader ensures that nothing is null except elements of lists and maps.
        Require(
            manifest.Archives.All(IsId) && manifest.Items.All(i => i is not null && i.Parts.All(p => p is not null)),
            "its lists contain nulls"
        );
        Require(
            manifest.Warnings.All(w => w is not null) && manifest.Fingerprint.Values.All(v => v is not null),
            "its warnings or fingerprint contain nulls"
        );
        Require(manifest.File is null or { IsPossible: true }, "the owner or mode of its file is not valid");
        Require(
            manifest.Id == header.Id && manifest.Archives.Count > 0 && manifest.Archives[0] == header.Id,
            "manifest and header have different ids"
        );
        Require(
            manifest.Items.Count <= MaxItems
                && manifest.Items.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count() == manifest.Items.Count,
            "it has too many items, or items with the same name"
        );
        foreach (var item in manifest.Items)
        {
            Require(
                Enum.IsDefined(item.Kind)
                    && TarFormat.IsPlainName(item.Name)
                    && item.Name.Length <= MaxItemNameLength
                    && !Reserved.Contains(item.Name)
                    && item.Length >= 0,
                "the name, kind or length of an item is not valid"
            );
            foreach (var part in item.PageMap is null ? item.Parts : item.Parts.Append(item.PageMap))
            {
                Require(
                    part.Length > 0
                        && part.Offset >= 0
                        && part.Offset <= long.MaxValue - part.Length
                        && part.Archive >= 0
                        && part.Archive < manifest.Archives.Count,
                    $"a part of {item.Name} has no valid position"
                );
                Require(
                    part.Archive != 0 || part.Offset <= archive.Frames.Length - part.Length,
                    $"a part of {item.Name} extends past the end of the tar stream"
                );
                Require(
                    header.Kind == BackupKind.Incremental || part.Archive == 0,
                    $"a part of {item.Name} is outside of the full archive"
                );
            }

            if (item.Kind == ItemKind.Stream)
            {
                Require(
                    item.Parts.All(p => p.Length <= MaxPartBytes) && Sum(item.Parts) == item.Length,
                    $"the lengths of the parts of {item.Name} do not add up to its length"
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
            $"the page size or length of {item.Name} is not valid"
        );
        require(
            item.Parts.All(p => p.Archive == 0 && p.Length % item.PageSize == 0),
            $"{item.Name} has parts in other archives or with partial pages"
        );
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
                $"{item.Name} has no matching page map"
            );
        }
    }

    private static Int128 Sum(IReadOnlyList<ManifestPart> parts) => parts.Aggregate(Int128.Zero, (sum, p) => sum + p.Length);

    /// <summary>Whether a text is a valid id: 32 lower-case hex digits.</summary>
    internal static bool IsId(string? id) => id is { Length: 32 } && id.All(char.IsAsciiHexDigitLower);
}

using Holdfast.Archive.Items;

namespace Holdfast.Archive.Format;

/// <summary>One item of a restore point.</summary>
public sealed record ManifestItem
{
    /// <summary>Plain file name: 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, not starting with a dot or dash.</summary>
    public required string Name { get; init; }

    /// <summary>Stream or image.</summary>
    public required ItemKind Kind { get; init; }

    /// <summary>Bytes of the whole item at this point.</summary>
    public required long Length { get; init; }

    /// <summary>
    /// Of a stream: its parts, in order, in any archive of the chain. Of an image: in a full archive the one plain file (none if it is
    /// empty); in an incremental the runs of changed pages in this archive, in ascending page order.
    /// </summary>
    public required IReadOnlyList<ManifestPart> Parts { get; init; }

    /// <summary>Image only: size of a page, in bytes.</summary>
    public int? PageSize { get; init; }

    /// <summary>Image only: <see cref="PageHash"/> of the whole image at this point, in Base64.</summary>
    public string? Sha256 { get; init; }

    /// <summary>
    /// Image in an incremental only: one bit per page, the lowest bit of the first byte for page 0; set if this archive contains the page.
    /// </summary>
    public ManifestPart? PageMap { get; init; }
}

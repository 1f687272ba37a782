using Holdfast.Core.Operations;

namespace Holdfast.Node.Catalog;

/// <summary>What was found about one archive at one destination, as input for the catalog.</summary>
public sealed record CopyFinding
{
    /// <summary>Path of the chain's folder.</summary>
    public required string Chain { get; init; }

    /// <summary>File name of the archive.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the destination.</summary>
    public required string Destination { get; init; }

    /// <summary>State of the copy.</summary>
    public required CopyState State { get; init; }

    /// <summary>When that was found.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The problem; null for none.</summary>
    public OperationError? Problem { get; init; }

    /// <summary>Whether the copy was read completely.</summary>
    public bool IsVerified { get; init; }

    /// <summary>
    /// Whether the finding comes from a listing only. That proves less than reading, so it never reverts a result of reading.
    /// </summary>
    public bool IsListed { get; init; }

    /// <summary>Identity of the inspected destination; null if it has none. By now the name may refer to another one.</summary>
    public string? Identity { get; init; }

    /// <summary>
    /// Length of the copy, if it is unrecorded and another copy has another length; null if it equals that of the archive.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>
    /// The archive, added if the catalog has none of that name or has it unrecorded; null if it must already be known.
    /// </summary>
    public CatalogArchive? Archive { get; init; }

    /// <summary>The finding that corresponds to a copy in a catalog, to import it into another one.</summary>
    internal static CopyFinding Of(string chain, string name, CatalogCopy copy) =>
        new()
        {
            Chain = chain,
            Name = name,
            Destination = copy.Destination,
            State = copy.State,
            At = copy.Since ?? copy.Verified ?? DateTimeOffset.UnixEpoch,
            Problem = copy.Problem,
            Length = copy.Length,
        };
}

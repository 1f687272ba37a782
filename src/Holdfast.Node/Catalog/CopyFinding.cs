using Holdfast.Core.Operations;

namespace Holdfast.Node.Catalog;

/// <summary>What was found of one archive at one destination, for the catalog to take.</summary>
public sealed record CopyFinding
{
    /// <summary>Path of the chain's folder.</summary>
    public required string Chain { get; init; }

    /// <summary>File name of the archive.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the destination.</summary>
    public required string Destination { get; init; }

    /// <summary>What it is like there.</summary>
    public required CopyState State { get; init; }

    /// <summary>When that was found.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What is wrong; null for nothing.</summary>
    public OperationError? Problem { get; init; }

    /// <summary>Whether all of its bytes were read.</summary>
    public bool IsVerified { get; init; }

    /// <summary>Whether only a listing tells it. That proves less than what was read, and takes nothing of that back.</summary>
    public bool IsListed { get; init; }

    /// <summary>
    /// Identity of the place that was looked at; null where it has none. It may be another than the one that has the
    /// name by now.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>
    /// Bytes of the copy, where it is unrecorded and another copy has another length; null where they are those of the
    /// archive.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>
    /// The archive, to be added where the catalog has none of that name, or has it unrecorded; null where it must be
    /// known already.
    /// </summary>
    public CatalogArchive? Archive { get; init; }

    /// <summary>What a catalog knew of a copy, for another catalog to take.</summary>
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

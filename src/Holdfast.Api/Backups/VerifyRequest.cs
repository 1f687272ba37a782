namespace Holdfast.Api.Backups;

/// <summary>A request to verify chains by reading every byte of them.</summary>
public sealed record VerifyRequest
{
    /// <summary>
    /// The chains: a database id for its chains at every destination; or <c>destination:NAME/path</c> or an absolute
    /// path of the folder of a database or chain, or of an archive.
    /// </summary>
    public required string From { get; init; }

    /// <summary>Keys to try in addition to those that the server stores. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}

namespace Holdfast.Api.Backups;

/// <summary>Chains that are to be read from their first byte to their last.</summary>
public sealed record VerifyRequest
{
    /// <summary>
    /// A database's id for its chains at every destination; or <c>destination:NAME/path</c> or an absolute path of a
    /// database's folder, of a chain or of an archive.
    /// </summary>
    public required string From { get; init; }

    /// <summary>Keys that may open them, besides those that the server keeps. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];
}

namespace Holdfast.Api;

/// <summary>
/// A precondition of an edit. If it is not met, the server answers with status 412 and the current state of the
/// resource.
/// </summary>
public sealed record EditCondition
{
    private EditCondition() { }

    /// <summary>The resource must not exist yet.</summary>
    public static EditCondition New { get; } = new() { IfNoneMatch = "*" };

    /// <summary>Value of the <c>If-Match</c> header; null to omit it.</summary>
    public string? IfMatch { get; private init; }

    /// <summary>Value of the <c>If-None-Match</c> header; null to omit it.</summary>
    public string? IfNoneMatch { get; private init; }

    /// <summary>The resource must still have this revision; returns null (no condition) if <paramref name="etag"/> is null.</summary>
    public static EditCondition? Unchanged(string? etag) => etag is null ? null : new() { IfMatch = etag };
}

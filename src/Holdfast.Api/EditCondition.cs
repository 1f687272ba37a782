namespace Holdfast.Api;

/// <summary>What must be true of a resource for an edit to be made; else the server answers with 412 and the present state.</summary>
public sealed record EditCondition
{
    private EditCondition() { }

    /// <summary>The resource must not exist yet.</summary>
    public static EditCondition New { get; } = new() { IfNoneMatch = "*" };

    /// <summary>The value of <c>If-Match</c>; null for none.</summary>
    public string? IfMatch { get; private init; }

    /// <summary>The value of <c>If-None-Match</c>; null for none.</summary>
    public string? IfNoneMatch { get; private init; }

    /// <summary>The resource must still have this revision; null for any.</summary>
    public static EditCondition? Unchanged(string? etag) => etag is null ? null : new() { IfMatch = etag };
}

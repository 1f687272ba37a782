namespace Holdfast.Server.Endpoints;

/// <summary>A restore point that becomes a new database.</summary>
public sealed record RestoreRequest
{
    /// <summary>A database's id, <c>destination:NAME/path</c>, or an absolute path under one of the node's localRoots.</summary>
    public required string From { get; init; }

    /// <summary>A time as in file names, an ISO time, or an archive's id; null for the newest.</summary>
    public string? Point { get; init; }

    /// <summary>Id of the new database: <c>demo/new.db</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Keys that may open it, besides those that the server keeps. Used once, never stored.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}

using Holdfast.Core.Operations;

namespace Holdfast.Api.Sources;

/// <summary>The result of a test of a source.</summary>
public sealed record SourceTestView
{
    /// <summary>Version of the database server; null if it cannot be reached.</summary>
    public string? Version { get; init; }

    /// <summary>Whether the server accepts writes or is a replica; null if it cannot be reached.</summary>
    public string? Role { get; init; }

    /// <summary>Number of databases found.</summary>
    public required int Databases { get; init; }

    /// <summary>What prevents backups of some or all databases, and how to fix it.</summary>
    public required IReadOnlyList<OperationError> Problems { get; init; }

    /// <summary>What works, but not as well as it could.</summary>
    public required IReadOnlyList<OperationError> Notes { get; init; }
}

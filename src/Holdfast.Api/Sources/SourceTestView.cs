using Holdfast.Core.Operations;

namespace Holdfast.Api.Sources;

/// <summary>What trying a source came to.</summary>
public sealed record SourceTestView
{
    /// <summary>Version of its software; null where it cannot be reached, as what follows.</summary>
    public string? Version { get; init; }

    /// <summary>Whether it takes writes or follows another.</summary>
    public string? Role { get; init; }

    /// <summary>Databases that were found.</summary>
    public required int Databases { get; init; }

    /// <summary>What stops backups, of all databases or of some, and how to mend it.</summary>
    public required IReadOnlyList<OperationError> Problems { get; init; }

    /// <summary>What works all the same, but not as well as it could.</summary>
    public required IReadOnlyList<OperationError> Notes { get; init; }
}

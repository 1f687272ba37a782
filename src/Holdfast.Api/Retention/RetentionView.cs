using Holdfast.Core.Operations;
using Holdfast.Core.Retention;

namespace Holdfast.Api.Retention;

/// <summary>Retention of a task at one destination.</summary>
public sealed record RetentionView
{
    /// <summary>Name of the destination.</summary>
    public required string Destination { get; init; }

    /// <summary>Expired chains that still exist, oldest first.</summary>
    public required IReadOnlyList<RetentionChainView> Going { get; init; }

    /// <summary>Number of chains that are kept.</summary>
    public required int Staying { get; init; }

    /// <summary>Why the deletion needs approval.</summary>
    public required RetentionGuard Brake { get; init; }

    /// <summary>The reason as text for people; null if the deletion needs no approval.</summary>
    public string? BrakeReason { get; init; }

    /// <summary>Paths of the chains that this request deleted.</summary>
    public required IReadOnlyList<string> Deleted { get; init; }

    /// <summary>Whether retention is left to the bucket: nothing is deleted, whatever has expired.</summary>
    public bool LeftToBucket { get; init; }

    /// <summary>Files of expired chains that could not be deleted.</summary>
    public IReadOnlyList<UndeletedFileView> NotDeleted { get; set; } = [];

    /// <summary>What went wrong; null if nothing did.</summary>
    public OperationError? Error { get; init; }
}

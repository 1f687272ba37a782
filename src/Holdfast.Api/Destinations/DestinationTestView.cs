using Holdfast.Core.Operations;

namespace Holdfast.Api.Destinations;

/// <summary>Result of the last test of a destination since the server was started.</summary>
/// <param name="FreeBytes">Free space in bytes when it was last measured, about once a minute; null if unknown.</param>
/// <param name="At">When the current definition was tested; null if it was not.</param>
/// <param name="Problem">What did not work; null if the test succeeded.</param>
/// <param name="FreeAt">When <paramref name="FreeBytes"/> was measured.</param>
public sealed record DestinationTestView(
    long? FreeBytes,
    DateTimeOffset? At = null,
    OperationError? Problem = null,
    DateTimeOffset? FreeAt = null
)
{
    /// <summary>What the test found out that an operator should know, as sentences.</summary>
    public IReadOnlyList<string> Notes { get; set; } = [];
}

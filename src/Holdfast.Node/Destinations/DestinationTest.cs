using Holdfast.Core.Operations;

namespace Holdfast.Node.Destinations;

/// <summary>The result of the last test of a destination since this node was started.</summary>
/// <param name="At">When.</param>
/// <param name="FreeBytes">Free bytes; null if unknown, or if the test failed.</param>
/// <param name="Problem">The failure; null if the test succeeded.</param>
public sealed record DestinationTest(DateTimeOffset At, long? FreeBytes, OperationError? Problem)
{
    /// <summary>What an operator should know, as sentences; empty if there is nothing.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

namespace Holdfast.Api.Operations;

/// <summary>Number of operations.</summary>
/// <param name="Total">Number of all operations.</param>
/// <param name="States">Number of operations in each state.</param>
public sealed record OperationCounts(int Total, IReadOnlyDictionary<string, int> States);

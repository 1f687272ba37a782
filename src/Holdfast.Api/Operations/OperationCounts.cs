namespace Holdfast.Api.Operations;

/// <summary>How many operations there are.</summary>
/// <param name="Total">All of them.</param>
/// <param name="States">Those in each state.</param>
public sealed record OperationCounts(int Total, IReadOnlyDictionary<string, int> States);

namespace Holdfast.Api.Databases;

/// <summary>How many databases there are.</summary>
/// <param name="Total">All of them.</param>
/// <param name="States">Those in each state.</param>
public sealed record DatabaseCounts(int Total, IReadOnlyDictionary<string, int> States);

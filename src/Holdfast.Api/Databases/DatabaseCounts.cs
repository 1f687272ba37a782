namespace Holdfast.Api.Databases;

/// <summary>Number of databases.</summary>
/// <param name="Total">Number of all databases.</param>
/// <param name="States">Number of databases in each state.</param>
public sealed record DatabaseCounts(int Total, IReadOnlyDictionary<string, int> States);

namespace Holdfast.Api.Backups;

/// <summary>A database that has backups.</summary>
/// <param name="From">How to address its backups.</param>
/// <param name="Name">The database, as far as folder names show.</param>
/// <param name="Chains">Number of chains.</param>
/// <param name="Points">Number of archives.</param>
/// <param name="Newest">When the newest backup began.</param>
/// <param name="Bytes">Size of all archives, in bytes.</param>
public sealed record BackedUpDatabaseView(string From, string Name, int Chains, int Points, DateTimeOffset Newest, long Bytes);

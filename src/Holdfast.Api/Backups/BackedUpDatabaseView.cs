namespace Holdfast.Api.Backups;

/// <summary>A database of which backups were found.</summary>
/// <param name="From">How its backups are asked for.</param>
/// <param name="Name">The database, as far as the names of folders tell.</param>
/// <param name="Chains">Number of its chains.</param>
/// <param name="Points">Number of its archives.</param>
/// <param name="Newest">When the newest of them began.</param>
/// <param name="Bytes">Bytes of all of them.</param>
public sealed record BackedUpDatabaseView(string From, string Name, int Chains, int Points, DateTimeOffset Newest, long Bytes);

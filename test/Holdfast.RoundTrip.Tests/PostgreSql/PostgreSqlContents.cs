namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>The contents of a database as text.</summary>
/// <param name="Dump">The output of <c>pg_dump</c>, one character per byte.</param>
/// <param name="Sums">Checksums of tables, large objects and sequences.</param>
/// <param name="Properties">Its metadata on the server.</param>
internal sealed record PostgreSqlContents(string Dump, IReadOnlyList<string> Sums, string Properties);

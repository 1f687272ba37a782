namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>All of a database as text.</summary>
/// <param name="Dump">What <c>pg_dump</c> makes of it, each byte a character.</param>
/// <param name="Sums">Sums of tables, large objects and sequences.</param>
/// <param name="Properties">What it has around it.</param>
internal sealed record PostgreSqlContents(string Dump, IReadOnlyList<string> Sums, string Properties);

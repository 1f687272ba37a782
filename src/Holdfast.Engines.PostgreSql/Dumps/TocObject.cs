namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>What is kept of any object in the table of contents of a dump.</summary>
/// <param name="Id">Its number in the dump.</param>
/// <param name="Section">Where it belongs.</param>
/// <param name="IsGrant">Whether it is grants, which <c>pg_restore</c> makes behind all else.</param>
/// <param name="HasData">Whether data follow behind the head.</param>
internal readonly record struct TocObject(int Id, TocSection Section, bool IsGrant, bool HasData);

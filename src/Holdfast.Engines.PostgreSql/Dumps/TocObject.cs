namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>What is kept of every object in the table of contents of a dump.</summary>
/// <param name="Id">Its id in the dump.</param>
/// <param name="Section">Its section.</param>
/// <param name="IsGrant">Whether it contains grants, which <c>pg_restore</c> restores after everything else.</param>
/// <param name="HasData">Whether data follow after the header.</param>
internal readonly record struct TocObject(int Id, TocSection Section, bool IsGrant, bool HasData);

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>The parts of a dump, with the numbers that it has for them.</summary>
internal enum TocSection
{
    /// <summary>It belongs to what stands before it: comments, grants.</summary>
    None = 1,

    /// <summary>Definitions that rows need.</summary>
    PreData = 2,

    /// <summary>Rows, large objects, values of sequences.</summary>
    Data = 3,

    /// <summary>Indexes, constraints, triggers and what else is made when all rows are there.</summary>
    PostData = 4,
}

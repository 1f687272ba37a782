namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>The sections of a dump, with their numbers in the format.</summary>
internal enum TocSection
{
    /// <summary>It belongs to the section of the preceding object: comments, grants.</summary>
    None = 1,

    /// <summary>Definitions that rows depend on.</summary>
    PreData = 2,

    /// <summary>Rows, large objects, sequence values.</summary>
    Data = 3,

    /// <summary>Indexes, constraints, triggers and everything else that is created after the rows.</summary>
    PostData = 4,
}

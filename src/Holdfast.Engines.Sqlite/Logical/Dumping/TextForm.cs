namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>How a value's bytes are written in the script.</summary>
internal enum TextForm
{
    /// <summary>A string literal, quotes doubled.</summary>
    Plain,

    /// <summary><c>replace('…', char(n), char(13))</c>: the sqlite3 program drops a carriage return before a line feed.</summary>
    Replace,

    /// <summary><c>CAST(x'…' AS TEXT)</c>, for text that is not clean UTF-8 or holds a NUL.</summary>
    Cast,

    /// <summary><c>x'…'</c>.</summary>
    Blob,
}

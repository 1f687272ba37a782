namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>How the bytes of a value are written in the script.</summary>
internal enum TextForm
{
    /// <summary>A string literal with doubled quotes.</summary>
    Plain,

    /// <summary>
    /// <c>replace('…', char(n), char(13))</c>, because the sqlite3 program drops a carriage return before a line feed.
    /// </summary>
    Replace,

    /// <summary><c>CAST(x'…' AS TEXT)</c>, for text that is not valid UTF-8 or contains a NUL.</summary>
    Cast,

    /// <summary><c>x'…'</c>.</summary>
    Blob,
}

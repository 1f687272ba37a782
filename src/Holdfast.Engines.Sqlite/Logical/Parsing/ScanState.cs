namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>State of the scanner within SQL text.</summary>
internal enum ScanState
{
    /// <summary>Outside of quotes and comments.</summary>
    Plain,

    /// <summary>After one dash.</summary>
    Dash,

    /// <summary>After one slash.</summary>
    Slash,

    /// <summary>In a comment that ends at the end of the line.</summary>
    LineComment,

    /// <summary>In a block comment.</summary>
    BlockComment,

    /// <summary>In a block comment, after a star.</summary>
    BlockCommentStar,

    /// <summary>In a string.</summary>
    String,

    /// <summary>In a name in double quotes.</summary>
    DoubleQuoted,

    /// <summary>In a name in backticks.</summary>
    BackQuoted,

    /// <summary>In a name in brackets.</summary>
    Bracketed,
}

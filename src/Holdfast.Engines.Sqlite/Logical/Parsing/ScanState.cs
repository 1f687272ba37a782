namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Where in SQL text a byte stands.</summary>
internal enum ScanState
{
    /// <summary>Between quotes and comments.</summary>
    Plain,

    /// <summary>Behind one dash.</summary>
    Dash,

    /// <summary>Behind one slash.</summary>
    Slash,

    /// <summary>In a comment that ends with the line.</summary>
    LineComment,

    /// <summary>In a block comment.</summary>
    BlockComment,

    /// <summary>In a block comment, behind a star.</summary>
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

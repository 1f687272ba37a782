namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>The kinds of statements that a script may contain.</summary>
internal enum StatementKind
{
    /// <summary>No statement is running: nothing is allowed.</summary>
    None,

    /// <summary>A statement of the loader itself.</summary>
    Internal,

    /// <summary><c>CREATE TABLE</c>.</summary>
    CreateTable,

    /// <summary><c>CREATE VIRTUAL TABLE</c>.</summary>
    CreateVirtualTable,

    /// <summary><c>CREATE INDEX</c>.</summary>
    CreateIndex,

    /// <summary><c>CREATE VIEW</c>.</summary>
    CreateView,

    /// <summary><c>CREATE TRIGGER</c>.</summary>
    CreateTrigger,

    /// <summary><c>INSERT INTO … VALUES</c>.</summary>
    Insert,

    /// <summary><c>DELETE FROM</c> a whole table.</summary>
    Delete,
}

using System.IO.Pipelines;
using Holdfast.Core.Encryption;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Loading;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite;

/// <summary>Writes a database as an SQL script, inside the caller's read transaction, and returns its fingerprint.</summary>
internal delegate Task<IReadOnlyDictionary<string, string>> DumpScript(
    SqliteConnection connection,
    PipeWriter output,
    CancellationToken cancellationToken
);

/// <summary>
/// Loads an SQL script into a new database, in a file that does not exist or is empty, and checks its fingerprint.
/// Closes the file, and returns warnings for the operator.
/// </summary>
internal delegate Task<IReadOnlyList<string>> LoadScript(
    DatabaseFile file,
    DatabaseKey? key,
    Func<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>, Task> copyScript,
    IReadOnlyDictionary<string, string> fingerprint,
    CancellationToken cancellationToken
);

/// <summary>The functions that write and load logical backups.</summary>
internal sealed record ScriptFormat(DumpScript Dump, LoadScript Load)
{
    /// <summary>The format of the product.</summary>
    public static ScriptFormat Default { get; } = new(SqlDump.WriteAsync, SqlLoad.LoadAsync);
}

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
/// Builds a database from an SQL script in a file that is not there yet or has no bytes, and checks its fingerprint. It
/// leaves the file closed, and tells what the operator should know.
/// </summary>
internal delegate Task<IReadOnlyList<string>> LoadScript(
    DatabaseFile file,
    DatabaseKey? key,
    Func<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>, Task> copyScript,
    IReadOnlyDictionary<string, string> fingerprint,
    CancellationToken cancellationToken
);

/// <summary>How logical backups are written and loaded.</summary>
internal sealed record ScriptFormat(DumpScript Dump, LoadScript Load)
{
    /// <summary>The product's format.</summary>
    public static ScriptFormat Default { get; } = new(SqlDump.WriteAsync, SqlLoad.LoadAsync);
}

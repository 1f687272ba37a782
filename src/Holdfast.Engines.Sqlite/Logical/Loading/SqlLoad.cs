using System.Globalization;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Creates a new database from a script that <see cref="SqlDump"/> wrote. The script is untrusted input.</summary>
internal static class SqlLoad
{
    /// <summary>
    /// Creates the database in <paramref name="file"/> and closes it; the caller flushes it to disk, or removes it
    /// after a failure.
    /// </summary>
    /// <param name="file">The new file. It must not exist, or be empty.</param>
    /// <param name="key">Encryption key of the database; null for none.</param>
    /// <param name="copyScript">Supplies the script, chunk by chunk.</param>
    /// <param name="fingerprint">The fingerprint that <see cref="SqlDump"/> returned.</param>
    /// <param name="cancellationToken">Interrupts the work, even within a statement.</param>
    /// <returns>Warnings for the operator about the new database.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Refused"/> or <see cref="ErrorCatalog.Corrupt"/>, with statement and offset.
    /// </exception>
    internal static Task<IReadOnlyList<string>> LoadAsync(
        DatabaseFile file,
        DatabaseKey? key,
        Func<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>, Task> copyScript,
        IReadOnlyDictionary<string, string> fingerprint,
        CancellationToken cancellationToken
    ) => LoadAsync(file, key, copyScript, fingerprint, new(), cancellationToken);

    /// <summary>Creates the database within the given limits.</summary>
    internal static async Task<IReadOnlyList<string>> LoadAsync(
        DatabaseFile file,
        DatabaseKey? key,
        Func<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>, Task> copyScript,
        IReadOnlyDictionary<string, string> fingerprint,
        LoadLimits limits,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var connection = SqliteConnection.Open(file, OpenReadWrite | OpenCreate, key);
        using var interrupt = cancellationToken.Register(() => sqlite3_interrupt(connection.Handle));
        try
        {
            connection.Execute(
                "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-32768; "
                    + "PRAGMA mmap_size=0"
            );
            if (key is null)
            {
                // so that sorting an index takes no memory; rows of an encrypted database stay in memory instead
                connection.Execute("PRAGMA temp_store=FILE");
            }
            using var loader = new ScriptLoader(connection, Budget(fingerprint), limits, cancellationToken);
            var splitter = new StatementSplitter();
            await copyScript(
                (chunk, _) =>
                {
                    var rest = chunk.Span;
                    while (rest.Length > 0)
                    {
                        splitter.Append(ref rest);
                        while (splitter.TryNext(out var statement))
                        {
                            loader.Run(statement, splitter.Offset);
                            splitter.Advance();
                        }
                    }

                    return ValueTask.CompletedTask;
                }
            );
            loader.Finish(splitter.Offset, splitter.HasRemainder);
            loader.Verify(fingerprint, splitter.Offset);
            return loader.Warnings;
        }
        catch (HoldfastException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    // A script must not grow into far more than the database that it was made from.
    private static long Budget(IReadOnlyDictionary<string, string> fingerprint) =>
        fingerprint.TryGetValue("bytes", out var bytes)
        && long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : 0;
}

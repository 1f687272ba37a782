using System.Globalization;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Logical.Dumping;
using Holdfast.Engines.Sqlite.Logical.Parsing;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;
using static Holdfast.Engines.Sqlite.Native.SqliteNative;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Makes a new database of a script that <see cref="SqlDump"/> wrote. The script is hostile input.</summary>
internal static class SqlLoad
{
    /// <summary>
    /// Makes the database in <paramref name="file"/> and leaves it closed; flushing it to disk, or removing it after a
    /// failure, is up to the caller.
    /// </summary>
    /// <param name="file">The new file. It must not exist, or have no bytes.</param>
    /// <param name="key">What the database is encrypted with; null for none.</param>
    /// <param name="copyScript">Hands the script over, chunk by chunk.</param>
    /// <param name="fingerprint">What <see cref="SqlDump"/> returned.</param>
    /// <param name="cancellationToken">Interrupts the work, in the middle of a statement too.</param>
    /// <returns>What the operator should know of the new database.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Refused"/> or <see cref="ErrorCatalogue.Corrupt"/>, with what and where.
    /// </exception>
    internal static Task<IReadOnlyList<string>> LoadAsync(
        DatabaseFile file,
        DatabaseKey? key,
        Func<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>, Task> copyScript,
        IReadOnlyDictionary<string, string> fingerprint,
        CancellationToken cancellationToken
    ) => LoadAsync(file, key, copyScript, fingerprint, new(), cancellationToken);

    /// <summary>The same, within limits.</summary>
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
                // sorting an index takes no memory then; an encrypted database's rows stay in memory
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

    // A script is not let grow into far more than the database that it was made of.
    private static long Budget(IReadOnlyDictionary<string, string> fingerprint) =>
        fingerprint.TryGetValue("bytes", out var bytes)
        && long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : 0;
}

using System.ComponentModel;
using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// <c>pg_dump</c> at work on one database. What it writes is moved into the archive while it is looked at. Disposing it
/// ends it.
/// </summary>
internal sealed class DumpProcess : IAsyncDisposable
{
    private const int BlockBytes = 256 << 10;
    private const long LargeBytes = 16 << 20; // below, what makes the reading cheaper costs more than it saves

    private readonly Tool _tool;
    private readonly string _database;
    private readonly ToolProcess _process;
    private readonly SessionWatchdog _watchdog;
    private readonly byte[] _prefix = new byte[DumpHeader.TimestampEnd];
    private readonly Func<string, string?> _getPrivilegeHint; // what to do where the role lacks a right
    private readonly string? _languageHint; // what to do where the server's words are not understood

    private DumpProcess(
        Tool tool,
        string database,
        ToolProcess child,
        SessionWatchdog watch,
        Func<string, string?> missing,
        string? language
    ) => (_tool, _database, _process, _watchdog, _getPrivilegeHint, _languageHint) = (tool, database, child, watch, missing, language);

    /// <summary>What it warned of, once all of it is moved.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Starts it.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="config">The source.</param>
    /// <param name="connector">Gives the password.</param>
    /// <param name="server">The server.</param>
    /// <param name="database">Name of the database.</param>
    /// <param name="encoding">Its encoding: nothing is converted, whatever its owner has set.</param>
    /// <param name="expectedBytes">Roughly how large the dump will be.</param>
    /// <param name="lockWait">How long it waits for the lock of a table; more than nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The dump, once it has begun to come: by then it shows one moment, holds its locks, and was let in.</returns>
    /// <exception cref="HoldfastException">It failed, with what it said.</exception>
    public static async Task<DumpProcess> StartAsync(
        Tool tool,
        PostgreSqlSourceConfig config,
        Connector connector,
        Server server,
        string database,
        string encoding,
        long expectedBytes,
        TimeSpan lockWait,
        CancellationToken cancellationToken
    )
    {
        ToolProcess? child = null;
        try
        {
            var watch = new SessionWatchdog(config, connector, server.Host, "backup", database);
            using var folder = PrivateFolder.Create(config.TemporaryFolder);
            var passFile = await PassFileProvider.GetPathAsync(config, connector, folder, cancellationToken);
            string[] arguments =
            [
                "--format=custom",
                "--compress=0",
                "--no-password",
                $"--encoding={encoding}",
                string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={lockWait.TotalMilliseconds:0}"),
                $"--dbname={ConnectionInfo.Build(config, server.Host, database, watch.ApplicationName, connector.ToolOptions(server))}",
            ];
            child = ToolProcess.Start(tool.Path, arguments, passFile, hasLargeOutput: expectedBytes >= LargeBytes);
            child.Input.Close();
            watch.ProcessorTime = () => child.ProcessorTime;
            var run = new DumpProcess(
                tool,
                database,
                child,
                watch,
                said => MissingPrivilege.GetHint(said, config.User, server.Major),
                server.GetLanguageHint(config.User)
            );
            await watch.RunAsync(run.ReadPrefixAsync, cancellationToken);

            DumpHeader.NormalizeTimestamp(run._prefix);
            return run; // and the folder goes: its password is read by now
        }
        catch (Exception e)
        {
            if (child is not null)
            {
                await child.DisposeAsync();
            }
            if (e is IOException or UnauthorizedAccessException or Win32Exception)
            {
                throw new HoldfastException(
                    ErrorCatalogue.SourceUnreadable,
                    $"{tool.Path} cannot be started: {e.Message}",
                    $"Holdfast must be able to run it, and to write to '{config.TemporaryFolder}'.",
                    e
                );
            }
            throw;
        }
    }

    /// <summary>Moves all of it. Once.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it holds.</returns>
    /// <exception cref="HoldfastException">It failed, with what it said.</exception>
    public async Task<DumpScanner> CopyToAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var scanner = new DumpScanner();
        await _watchdog.RunAsync(
            async token =>
            {
                await RunOnOwnThreadAsync(() => CopyBlocks(scanner, output, token), token);
                await CompleteAsync(token);
            },
            cancellationToken
        );
        scanner.Complete();
        return scanner;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task ReadPrefixAsync(CancellationToken cancellationToken)
    {
        if (
            await RunOnOwnThreadAsync(
                () => _process.Output.ReadAtLeast(_prefix, _prefix.Length, throwOnEndOfStream: false),
                cancellationToken
            ) == _prefix.Length
        )
        {
            return;
        }
        await CompleteAsync(cancellationToken);
        throw DumpFailure.Truncated("nothing came of it");
    }

    // A thread of its own: pg_dump writes pieces of 4 KiB, and to wait for each by the event loop costs more than all
    // else that is done here.
    private async Task<long> RunOnOwnThreadAsync(Func<long> action, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(_process.Stop)) // which ends the read that the thread may be in
        {
            var result = await Task.Factory.StartNew(
                action,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            );
            cancellationToken.ThrowIfCancellationRequested();
            return result;
        }
    }

    private long CopyBlocks(DumpScanner scanner, PipeWriter output, CancellationToken cancellationToken)
    {
        var block = output.GetSpan(BlockBytes);
        _prefix.CopyTo(block);
        var moved = 0L;
        for (var had = _prefix.Length; ; had = 0)
        {
            _watchdog.IsWaitingForArchive = false;
            var read = had + _process.Output.ReadAtLeast(block[had..BlockBytes], BlockBytes - had, throwOnEndOfStream: false);
            _watchdog.IsWaitingForArchive = read > 0;
            if (read == 0)
            {
                return moved; // it says why when it ends
            }
            moved += read;
            scanner.Scan(block[..read]);
            output.Advance(read);
            var flushed = output.FlushAsync(cancellationToken);
            if ((flushed.IsCompleted ? flushed.Result : flushed.AsTask().GetAwaiter().GetResult()).IsCompleted)
            {
                throw new InvalidOperationException("The archive takes no more of the dump.");
            }
            block = output.GetSpan(BlockBytes);
        }
    }

    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var (exitCode, errors) = await _process.WaitForExitAsync(cancellationToken);
        if (exitCode != 0)
        {
            throw ToolErrorTranslator.Translate(
                _tool,
                _database,
                errors,
                ErrorCatalogue.SourceUnreadable,
                _getPrivilegeHint(errors),
                _languageHint
            );
        }
        Warnings = ToolWarningParser.Parse(errors);
    }
}

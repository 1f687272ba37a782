using System.ComponentModel;
using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// A running <c>pg_dump</c> of one database. Its output is copied into the archive and scanned on the way. Disposing it
/// kills the process.
/// </summary>
internal sealed class DumpProcess : IAsyncDisposable
{
    private const int BlockBytes = 256 << 10;
    private const long LargeBytes = 16 << 20; // for less, the setup costs more than the faster reads save

    private readonly Tool _tool;
    private readonly string _database;
    private readonly ToolProcess _process;
    private readonly SessionWatchdog _watchdog;
    private readonly byte[] _prefix = new byte[DumpHeader.TimestampEnd];
    private readonly Func<string, string?> _getPrivilegeHint; // returns the hint for a missing privilege
    private readonly string? _languageHint; // hint if the server's messages are not in English

    private DumpProcess(
        Tool tool,
        string database,
        ToolProcess child,
        SessionWatchdog watchdog,
        Func<string, string?> getPrivilegeHint,
        string? languageHint
    ) =>
        (_tool, _database, _process, _watchdog, _getPrivilegeHint, _languageHint) = (
            tool,
            database,
            child,
            watchdog,
            getPrivilegeHint,
            languageHint
        );

    /// <summary>Warnings of pg_dump, available after the whole dump has been copied.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Starts <c>pg_dump</c>.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="config">The source.</param>
    /// <param name="connector">Provides the password.</param>
    /// <param name="request">What to dump.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>
    /// The dump, after its first bytes have arrived: by then it has connected, has its snapshot and holds its locks.
    /// </returns>
    /// <exception cref="HoldfastException">It failed; the error contains its messages.</exception>
    public static async Task<DumpProcess> StartAsync(
        Tool tool,
        PostgreSqlSourceConfig config,
        Connector connector,
        DumpRequest request,
        CancellationToken cancellationToken
    )
    {
        var (server, database) = (request.Server, request.Database);
        ToolProcess? child = null;
        try
        {
            var watchdog = new SessionWatchdog(config, connector, server.Host, "backup", database);
            using var folder = PrivateFolder.Create(config.TemporaryFolder);
            var passFile = await PassFileProvider.GetPathAsync(config, connector, folder, cancellationToken);
            string[] arguments =
            [
                "--format=custom",
                "--compress=0",
                "--no-password",
                $"--encoding={request.Encoding}",
                string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={request.LockWait.TotalMilliseconds:0}"),
                $"--dbname={ConnectionInfo.Build(config, server.Host, database, watchdog.ApplicationName, connector.ToolOptions(server))}",
            ];
            child = ToolProcess.Start(tool.Path, arguments, passFile, hasLargeOutput: request.ExpectedBytes >= LargeBytes);
            child.Input.Close();
            watchdog.ProcessorTime = () => child.ProcessorTime;
            var run = new DumpProcess(
                tool,
                database,
                child,
                watchdog,
                errors => MissingPrivilege.GetHint(errors, config.User, server.Major),
                server.GetLanguageHint(config.User)
            );
            await watchdog.RunAsync(run.ReadPrefixAsync, cancellationToken);

            DumpHeader.NormalizeTimestamp(run._prefix);
            return run; // the folder of the pass file is removed: the password has been read
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
                    ErrorCatalog.SourceUnreadable,
                    $"{tool.Path} cannot be started: {e.Message}",
                    $"Holdfast must be able to execute it, and to write to '{config.TemporaryFolder}'.",
                    e
                );
            }
            throw;
        }
    }

    /// <summary>Copies the whole dump. Can be called once.</summary>
    /// <param name="output">Receives the dump.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>What the scan has found.</returns>
    /// <exception cref="HoldfastException">It failed; the error contains its messages.</exception>
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
        throw DumpFailure.Truncated("it is empty");
    }

    // A dedicated thread: pg_dump writes blocks of 4 KiB, and waiting for each through the event loop costs more than
    // everything else here.
    private async Task<long> RunOnOwnThreadAsync(Func<long> action, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(_process.Stop)) // ends the read that the thread may be blocked in
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
        for (var carried = _prefix.Length; ; carried = 0)
        {
            _watchdog.IsWaitingForArchive = false;
            var read = carried + _process.Output.ReadAtLeast(block[carried..BlockBytes], BlockBytes - carried, throwOnEndOfStream: false);
            _watchdog.IsWaitingForArchive = read > 0;
            if (read == 0)
            {
                return moved; // its exit says why
            }
            moved += read;
            scanner.Scan(block[..read]);
            output.Advance(read);
            var flushed = output.FlushAsync(cancellationToken);
            if ((flushed.IsCompleted ? flushed.Result : flushed.AsTask().GetAwaiter().GetResult()).IsCompleted)
            {
                throw new InvalidOperationException("The archive stopped accepting the dump.");
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
                ErrorCatalog.SourceUnreadable,
                _getPrivilegeHint(errors),
                _languageHint
            );
        }
        Warnings = ToolWarningParser.Parse(errors);
    }
}

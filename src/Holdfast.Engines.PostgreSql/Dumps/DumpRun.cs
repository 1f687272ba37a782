using System.ComponentModel;
using System.Globalization;
using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>
/// <c>pg_dump</c> at work on one database. What it writes is moved into the archive while it is looked at. Disposing it
/// ends it.
/// </summary>
internal sealed class DumpRun : IAsyncDisposable
{
    private const int BlockBytes = 256 << 10;
    private const long LargeBytes = 16 << 20; // below, what makes the reading cheaper costs more than it saves

    private readonly Tool _tool;
    private readonly string _database;
    private readonly Child _child;
    private readonly SessionWatch _watch;
    private readonly byte[] _start = new byte[DumpHead.TimeBytes];
    private readonly Func<string, string?> _missing; // what to do where the role lacks a right
    private readonly string? _language; // what to do where the server's words are not understood

    private DumpRun(Tool tool, string database, Child child, SessionWatch watch, Func<string, string?> missing, string? language) =>
        (_tool, _database, _child, _watch, _missing, _language) = (tool, database, child, watch, missing, language);

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
    public static async Task<DumpRun> StartAsync(
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
        Child? child = null;
        try
        {
            var watch = new SessionWatch(config, connector, server.Host, "backup", database);
            using var folder = PrivateFolder.Make(config.TemporaryFolder);
            var passFile = await Pass.FileAsync(config, connector, folder, cancellationToken);
            string[] arguments =
            [
                "--format=custom",
                "--compress=0",
                "--no-password",
                $"--encoding={encoding}",
                string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={lockWait.TotalMilliseconds:0}"),
                $"--dbname={ConnectionInfo.For(config, server.Host, database, watch.Application, connector.ToolOptions(server))}",
            ];
            child = Child.Start(tool.Path, arguments, passFile, hasLargeOutput: expectedBytes >= LargeBytes);
            child.Input.Close();
            watch.ProcessorTime = () => child.ProcessorTime;
            var run = new DumpRun(
                tool,
                database,
                child,
                watch,
                said => MissingGrant.Hint(said, config.User, server.Major),
                server.LanguageHint(config.User)
            );
            await watch.RunAsync(run.BeginAsync, cancellationToken);

            DumpHead.FixTime(run._start);
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
        await _watch.RunAsync(
            async token =>
            {
                await OnThreadAsync(() => Pump(scanner, output, token), token);
                await EndAsync(token);
            },
            cancellationToken
        );
        scanner.Complete();
        return scanner;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (
            await OnThreadAsync(() => _child.Output.ReadAtLeast(_start, _start.Length, throwOnEndOfStream: false), cancellationToken)
            == _start.Length
        )
        {
            return;
        }
        await EndAsync(cancellationToken);
        throw DumpFailure.Cut("nothing came of it");
    }

    // A thread of its own: pg_dump writes pieces of 4 KiB, and to wait for each by the event loop costs more than all
    // else that is done here.
    private async Task<long> OnThreadAsync(Func<long> action, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(_child.Stop)) // which ends the read that the thread may be in
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

    private long Pump(DumpScanner scanner, PipeWriter output, CancellationToken cancellationToken)
    {
        var block = output.GetSpan(BlockBytes);
        _start.CopyTo(block);
        var moved = 0L;
        for (var had = _start.Length; ; had = 0)
        {
            _watch.IsElsewhere = false;
            var read = had + _child.Output.ReadAtLeast(block[had..BlockBytes], BlockBytes - had, throwOnEndOfStream: false);
            _watch.IsElsewhere = read > 0;
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

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        var (exitCode, errors) = await _child.EndAsync(cancellationToken);
        if (exitCode != 0)
        {
            throw ToolFailure.Of(_tool, _database, errors, ErrorCatalogue.SourceUnreadable, _missing(errors), _language);
        }
        Warnings = ToolWarnings.In(errors);
    }
}

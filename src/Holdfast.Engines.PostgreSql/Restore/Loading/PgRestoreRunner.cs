using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>Runs <c>pg_restore</c> for selected objects of a dump.</summary>
/// <param name="tools">Finds the program.</param>
/// <param name="options">Options of every run.</param>
/// <param name="folder">Folder of the header file and the lists of objects.</param>
internal sealed class PgRestoreRunner(ToolFinder tools, PgRestoreOptions options, PrivateFolder folder)
{
    private readonly List<string> _warnings = []; // guards itself and _failed: several runs may end at the same time
    private readonly List<FailedObject> _failed = [];
    private int _lists;
    private Tool? _tool;

    /// <summary>The file with the dump's header, which is all that a run without data needs.</summary>
    public string HeaderPath => Path.Combine(folder.FolderPath, "head.dump");

    /// <summary>The program.</summary>
    public Tool Tool => _tool ?? throw new InvalidOperationException("not selected yet");

    /// <summary>Warnings of the program.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings)
            {
                return [.. _warnings];
            }
        }
    }

    /// <summary>Objects that could not be restored, each with its statement.</summary>
    public IReadOnlyList<FailedObject> Failed
    {
        get
        {
            lock (_warnings)
            {
                return [.. _failed];
            }
        }
    }

    // With several connections, the error output would be interleaved, so only one is used in this case.
    private bool SetsUnknownParameter => TransactionTimeoutError.IsExpected(Tool, options.Server);

    /// <summary>
    /// Selects the program: it must be able to read the dump, but should not be newer than necessary, because a newer
    /// one sets parameters that older servers do not know.
    /// </summary>
    /// <param name="pgDumpMajor">Major version of the <c>pg_dump</c> that made the dump.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="HoldfastException">No suitable program is installed.</exception>
    public async Task SelectToolAsync(int pgDumpMajor, CancellationToken cancellationToken) =>
        _tool = await tools.FindAsync(Tool.Restore, pgDumpMajor, cancellationToken);

    /// <summary>Creates the header file.</summary>
    public FileStream CreateHeaderFile() => folder.CreateFile(Path.GetFileName(HeaderPath));

    /// <summary>Restores objects without data.</summary>
    /// <param name="ids">Their ids, in order.</param>
    /// <param name="jobs">Number of connections.</param>
    /// <param name="isConcurrentWithRows">Whether rows are being loaded at the same time.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task RunAsync(IReadOnlyList<int> ids, int jobs, bool isConcurrentWithRows, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return;
        }
        await using var child = ToolProcess.Start(
            Tool.Path,
            [
                .. Arguments(),
                $"--dbname={(isConcurrentWithRows ? options.ConcurrentConnectionInfo : options.ConnectionInfo)}",
                WriteUseList(ids),
                .. jobs > 1 && !SetsUnknownParameter && !options.ContinueOnError
                    ? [string.Create(CultureInfo.InvariantCulture, $"--jobs={jobs}")]
                    : Array.Empty<string>(),
                HeaderPath,
            ],
            options.PassFile
        );
        child.Input.Close();
        await CompleteAsync(child, cancellationToken);
    }

    /// <summary>Starts a run for one object with data, which reads a dump that contains no other data from its input.</summary>
    public async Task<ToolProcess> StartAsync(int id, CancellationToken cancellationToken)
    {
        var child = ToolProcess.Start(
            Tool.Path,
            [.. Arguments(), $"--dbname={options.ConnectionInfo}", WriteUseList([id])],
            options.PassFile
        );
        try
        {
            await using var header = File.OpenRead(HeaderPath);
            await header.CopyToAsync(child.Input, cancellationToken);
            return child;
        }
        catch (IOException)
        {
            return child; // its error output says why it stopped reading
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a run has ended.</summary>
    /// <exception cref="HoldfastException">It failed; the error contains its messages.</exception>
    public async Task CompleteAsync(ToolProcess child, CancellationToken cancellationToken)
    {
        var output = child.Output.CopyToAsync(Stream.Null, cancellationToken);
        var (exitCode, errors) = await child.WaitForExitAsync(cancellationToken);
        await output;
        if (exitCode == 0 || (SetsUnknownParameter && TransactionTimeoutError.IsOnlyError(errors)))
        {
            lock (_warnings)
            {
                _warnings.AddRange(
                    ToolWarningParser
                        .Parse(SetsUnknownParameter ? TransactionTimeoutError.RemoveFrom(errors) : errors)
                        .Where(w => !w.Contains("errors ignored on restore", StringComparison.Ordinal))
                );
            }
            return;
        }

        var otherErrors = SetsUnknownParameter ? TransactionTimeoutError.RemoveFrom(errors) : errors;
        if (!options.ContinueOnError || FailedObjectParser.CountErrors(errors) is not { } count)
        {
            throw ToolErrorTranslator.Translate(
                Tool,
                options.Database,
                otherErrors,
                ErrorCatalog.NotAllowed,
                languageHint: options.Server.GetLanguageHint(options.User)
            );
        }
        lock (_warnings)
        {
            var ignored = SetsUnknownParameter ? TransactionTimeoutError.Count(errors) : 0;
            _failed.AddRange(FailedObjectParser.Parse(otherErrors, count - ignored));
            _warnings.AddRange(
                ToolWarningParser.Parse(otherErrors).Where(w => !w.Contains("errors ignored on restore", StringComparison.Ordinal))
            );
        }
    }

    private IEnumerable<string> Arguments() =>
        SetsUnknownParameter || options.ContinueOnError ? options.Arguments : options.Arguments.Prepend("--exit-on-error");

    private string WriteUseList(IReadOnlyList<int> ids) =>
        "--use-list="
        + folder.WriteFile(
            string.Create(CultureInfo.InvariantCulture, $"list-{Interlocked.Increment(ref _lists)}"),
            string.Concat(ids.Select(i => string.Create(CultureInfo.InvariantCulture, $"{i};\n")))
        );
}

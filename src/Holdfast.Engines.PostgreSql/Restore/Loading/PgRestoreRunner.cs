using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore.Loading;

/// <summary>Runs <c>pg_restore</c> for chosen objects of one dump.</summary>
/// <param name="tools">Finds the program.</param>
/// <param name="server">The server.</param>
/// <param name="user">The role that it connects as.</param>
/// <param name="database">Name of the database, for errors.</param>
/// <param name="arguments">Arguments of every run.</param>
/// <param name="connection">How the database is connected to, alone and while rows are loaded too.</param>
/// <param name="passFile">The file with the password; null where none is needed.</param>
/// <param name="continues">Whether what cannot be made is left out, and told.</param>
/// <param name="folder">Where the head of the dump and the lists of objects are put.</param>
internal sealed class PgRestoreRunner(
    ToolFinder tools,
    Server server,
    string user,
    string database,
    IReadOnlyList<string> arguments,
    (string Alone, string BesideRows) connection,
    string? passFile,
    bool continues,
    PrivateFolder folder
)
{
    private readonly List<string> _warnings = []; // several may run at once
    private readonly List<FailedObject> _failed = [];
    private int _lists;
    private Tool? _tool;

    /// <summary>The file with the dump's head, which is all that a run without data needs.</summary>
    public string HeaderPath => Path.Combine(folder.FolderPath, "head.dump");

    /// <summary>The program.</summary>
    public Tool Tool => _tool ?? throw new InvalidOperationException("not chosen yet");

    /// <summary>What the program warned of.</summary>
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

    /// <summary>What could not be made, each with its statement.</summary>
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

    // Several connections would write their errors into one another; so there is only one.
    private bool SetsUnknownParameter => TransactionTimeoutError.IsExpected(Tool, server);

    /// <summary>
    /// Chooses the program: it has to read the dump, and no newer one than need be, for a newer one sets what older
    /// servers do not know.
    /// </summary>
    /// <param name="madeBy">Major of the <c>pg_dump</c> that made the dump.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">There is none.</exception>
    public async Task SelectToolAsync(int madeBy, CancellationToken cancellationToken) =>
        _tool = await tools.FindAsync(Tool.Restore, madeBy, cancellationToken);

    /// <summary>Makes the file for the head.</summary>
    public FileStream CreateHeaderFile() => folder.CreateFile(Path.GetFileName(HeaderPath));

    /// <summary>Makes objects that have no data.</summary>
    /// <param name="ids">Their numbers, in their order.</param>
    /// <param name="jobs">How many at once.</param>
    /// <param name="isBesideRows">Whether rows are loaded meanwhile.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(IReadOnlyList<int> ids, int jobs, bool isBesideRows, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return;
        }
        await using var child = ToolProcess.Start(
            Tool.Path,
            [
                .. Arguments(),
                $"--dbname={(isBesideRows ? connection.BesideRows : connection.Alone)}",
                WriteUseList(ids),
                .. jobs > 1 && !SetsUnknownParameter && !continues
                    ? [string.Create(CultureInfo.InvariantCulture, $"--jobs={jobs}")]
                    : Array.Empty<string>(),
                HeaderPath,
            ],
            passFile
        );
        child.Input.Close();
        await CompleteAsync(child, cancellationToken);
    }

    /// <summary>Starts a run for one object with data, which reads a dump with no other data from its input.</summary>
    public async Task<ToolProcess> StartAsync(int id, CancellationToken cancellationToken)
    {
        var child = ToolProcess.Start(Tool.Path, [.. Arguments(), $"--dbname={connection.Alone}", WriteUseList([id])], passFile);
        try
        {
            await using var head = File.OpenRead(HeaderPath);
            await head.CopyToAsync(child.Input, cancellationToken);
            return child;
        }
        catch (IOException)
        {
            return child; // it reads no more: its own words tell why when it ends
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the end of a run.</summary>
    /// <exception cref="HoldfastException">It failed, with what it said.</exception>
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

        var said = SetsUnknownParameter ? TransactionTimeoutError.RemoveFrom(errors) : errors;
        if (!continues || FailedObjectParser.CountErrors(errors) is not { } count)
        {
            throw ToolErrorTranslator.Translate(Tool, database, said, ErrorCatalogue.NotAllowed, language: server.GetLanguageHint(user));
        }
        lock (_warnings)
        {
            _failed.AddRange(FailedObjectParser.Parse(said, count - (SetsUnknownParameter ? TransactionTimeoutError.Count(errors) : 0)));
            _warnings.AddRange(
                ToolWarningParser.Parse(said).Where(w => !w.Contains("errors ignored on restore", StringComparison.Ordinal))
            );
        }
    }

    private IEnumerable<string> Arguments() => SetsUnknownParameter || continues ? arguments : arguments.Prepend("--exit-on-error");

    private string WriteUseList(IReadOnlyList<int> ids) =>
        "--use-list="
        + folder.WriteFile(
            string.Create(CultureInfo.InvariantCulture, $"list-{Interlocked.Increment(ref _lists)}"),
            string.Concat(ids.Select(i => string.Create(CultureInfo.InvariantCulture, $"{i};\n")))
        );
}

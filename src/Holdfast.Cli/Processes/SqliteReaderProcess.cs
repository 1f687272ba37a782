using System.Runtime.InteropServices;
using Holdfast.Engines.Sqlite.Readers;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Cli.Processes;

/// <summary>
/// Starts this program as a separate process that reads SQLite databases to which other users can write, and runs that
/// process.
/// </summary>
internal static class SqliteReaderProcess
{
    /// <summary>
    /// The argument that starts such a process. It is not a verb for people: the process communicates with its parent
    /// through standard input and output.
    /// </summary>
    public const string Verb = "read-sqlite";

    private static readonly Lazy<ReaderPool> Shared = new(CreatePool);

    /// <summary>The reader processes of this program.</summary>
    public static ReaderPool Pool => Shared.Value;

    /// <summary>Runs as such a process until its input ends.</summary>
    public static async Task<int> RunAsync()
    {
        // Ignore signals sent to the whole terminal or service: the parent still needs this process, and closes its input at the end.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);
        await using var requests = Open(0, FileAccess.Read);
        await using var replies = Open(1, FileAccess.Write);
        await ReaderService.RunAsync(requests, replies);
        return 0;
    }

    private static FileStream Open(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);

    // If started by "dotnet holdfast.dll", the executable is the host.
    private static ReaderPool CreatePool()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new(program, isHost ? [Path.Combine(AppContext.BaseDirectory, "holdfast.dll"), Verb] : [Verb], TimeProvider.System);
    }
}

using System.Runtime.InteropServices;
using Holdfast.Engines.Sqlite.Readers;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Cli.Processes;

/// <summary>
/// This program as the process that reads SQLite databases which others may write to: how it is started, and what it
/// does then.
/// </summary>
internal static class SqliteReaderProcess
{
    /// <summary>
    /// The command line of such a process. No verb for people: it talks to the program that has started it, over its
    /// standard input and output.
    /// </summary>
    public const string Verb = "read-sqlite";

    private static readonly Lazy<ReaderPool> Shared = new(CreatePool);

    /// <summary>The processes of this one.</summary>
    public static ReaderPool Pool => Shared.Value;

    /// <summary>Runs such a process, to the end of its input.</summary>
    public static async Task<int> RunAsync()
    {
        // A signal for all of a terminal or a service: whoever has started this one still needs it, and its end closes the input.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true);
        await using var requests = Open(0, FileAccess.Read);
        await using var replies = Open(1, FileAccess.Write);
        await ReaderService.RunAsync(requests, replies);
        return 0;
    }

    private static FileStream Open(int descriptor, FileAccess access) =>
        new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);

    // Started by "dotnet holdfast.dll", the program is the host.
    private static ReaderPool CreatePool()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("This program does not know where it lies.");
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new(program, isHost ? [Path.Combine(AppContext.BaseDirectory, "holdfast.dll"), Verb] : [Verb], TimeProvider.System);
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Testing.Etcd;

/// <summary>A program that ends with the tests, however those end: a shell beside it waits for the end of its own input.</summary>
internal sealed class ChildProcess
{
    private const string Script =
        "\"$@\" >>\"$0\" 2>&1 </dev/null & child=$!; echo $child; read -r _; kill -9 $child; wait $child 2>/dev/null; exit 0";

    private readonly Process _shell;

    /// <summary>Starts a program; its output goes to a file.</summary>
    public ChildProcess(string program, IReadOnlyList<string> arguments, string log)
    {
        _shell = Process.Start(
            new ProcessStartInfo("sh", ["-c", Script, log, program, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        Id = int.Parse(_shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <summary>Id of the program.</summary>
    public int Id { get; }

    /// <summary>Kills the program, also if it is suspended.</summary>
    public async Task KillAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its output.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await error}{await output}");
    }
}

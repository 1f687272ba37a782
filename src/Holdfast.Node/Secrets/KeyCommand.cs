using System.ComponentModel;
using System.Diagnostics;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>A program in the configuration that prints a credential on its standard output. Run without a shell.</summary>
/// <param name="Name">Name in the configuration.</param>
/// <param name="CommandLine">The program and its arguments.</param>
public sealed record KeyCommand(string Name, IReadOnlyList<string> CommandLine)
{
    private const int MaxChars = 4096;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs the program.</summary>
    /// <returns>The output, without the trailing line break.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.KeyMissing"/>: it does not start, fails, takes more than 30 s,
    /// or prints nothing or too much. The message never repeats its output.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(CommandLine[0], CommandLine.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            process.StandardInput.Close();
            // It may contain secrets; it must be read so that the program does not block.
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
            var buffer = new char[MaxChars + 1];
            var length = await process.StandardOutput.ReadBlockAsync(buffer, limit.Token);
            if (length > MaxChars)
            {
                throw CreateException($"prints more than {MaxChars} characters");
            }
            await process.WaitForExitAsync(limit.Token);
            await errors;
            if (process.ExitCode != 0)
            {
                throw CreateException($"ended with exit code {process.ExitCode}");
            }
            var text = new string(buffer, 0, length).TrimEnd('\r', '\n');
            return text.Length > 0 ? text : throw CreateException("prints nothing");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CreateException($"does not end within {Timeout.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new HoldfastException(
                ErrorCatalog.KeyMissing,
                $"The command '{Name}' ({CommandLine[0]}) does not start: {e.Message}",
                "See 'commands' in holdfast.json; the program needs an absolute path.",
                e
            );
        }
    }

    private HoldfastException CreateException(string how) =>
        new(
            ErrorCatalog.KeyMissing,
            $"The command '{Name}' ({CommandLine[0]}) {how}.",
            "Run it as the server's user: it must print only the key on its standard output."
        );
}

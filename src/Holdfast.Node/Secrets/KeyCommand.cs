using System.ComponentModel;
using System.Diagnostics;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>
/// A program of the operator's that prints a credential on its standard output, as the configuration names it. It is
/// run without a shell.
/// </summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Words">The program and its arguments.</param>
public sealed record KeyCommand(string Name, IReadOnlyList<string> Words)
{
    private const int MostChars = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs it.</summary>
    /// <returns>Its output, without the line break at the end.</returns>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.KeyMissing"/>: it does not start, fails, takes more than 30 s, or prints nothing or
    /// too much. What it printed is never repeated.
    /// </exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Words[0], Words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token); // may hold secrets; unread it would block
            var buffer = new char[MostChars + 1];
            var length = await process.StandardOutput.ReadBlockAsync(buffer, limit.Token);
            if (length > MostChars)
            {
                throw Failed($"prints more than {MostChars} characters");
            }
            await process.WaitForExitAsync(limit.Token);
            await errors;
            if (process.ExitCode != 0)
            {
                throw Failed($"ended with exit code {process.ExitCode}");
            }
            var text = new string(buffer, 0, length).TrimEnd('\r', '\n');
            return text.Length > 0 ? text : throw Failed("prints nothing");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"does not end within {Patience.TotalSeconds} s");
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
                ErrorCatalogue.KeyMissing,
                $"The command '{Name}' ({Words[0]}) does not start: {e.Message}",
                "See 'commands' in holdfast.json; the program is named by its whole path.",
                e
            );
        }
    }

    private HoldfastException Failed(string how) =>
        new(
            ErrorCatalogue.KeyMissing,
            $"The command '{Name}' ({Words[0]}) {how}.",
            "Run it as the server's user: it has to print the key, and nothing else, on its standard output."
        );
}

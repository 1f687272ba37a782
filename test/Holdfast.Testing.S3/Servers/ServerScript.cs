using System.Diagnostics;

namespace Holdfast.Testing.S3.Servers;

/// <summary>
/// A server that a script runs: the script prints a line when the server is ready, and ends it at the end of its input. So no server
/// outlives the tests, however these end.
/// </summary>
internal sealed class ServerScript : IAsyncDisposable
{
    private const int NotAvailable = 3;

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ServerScript(Process process, string line) => (_process, Line) = (process, line);

    /// <summary>What it printed.</summary>
    public string Line { get; }

    /// <summary>Runs a script.</summary>
    /// <returns>The server; or null and the reason if this machine does not have it.</returns>
    /// <exception cref="InvalidOperationException">It did not start.</exception>
    public static async Task<(ServerScript? Server, string Reason)> StartAsync(string script, params string[] arguments)
    {
        var process = Process.Start(
            new ProcessStartInfo("bash", [script, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var late = new CancellationTokenSource(StartTime);
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(late.Token);
            if (line is not null)
            {
                return (new(process, line), "");
            }
            await process.WaitForExitAsync(late.Token);
            return process.ExitCode == NotAvailable
                ? (null, (await error).Trim())
                : throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {await error}");
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{script} did not start its server in {StartTime}: {await error}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var late = new CancellationTokenSource(StopTime);
        try
        {
            await _process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }
}

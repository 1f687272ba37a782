using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Holdfast.EndToEnd.Support;

/// <summary>The result of a program.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error)
{
    /// <summary>Its output as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Output) ?? throw new InvalidOperationException("No JSON.");

    /// <summary>Asserts that it was stopped by a signal, and said so in one document.</summary>
    public void CheckStopped(int exitCode, string message)
    {
        Assert.True(ExitCode == exitCode, ToString());
        Assert.Equal("", Error);
        Assert.Equal("interrupted", Json["error"]!["code"]!.GetValue<string>());
        Assert.Contains(message, Json["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>Runs child processes: the built <c>holdfast</c>, and standard tools.</summary>
internal static class Child
{
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(3);
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>The executable under test: that of the same configuration as these tests.</summary>
    public static string Holdfast => Found.Value;

    /// <summary>Starts a program and captures its output.</summary>
    public static Process Start(
        string program,
        IEnumerable<string> arguments,
        string? data = null,
        string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        if (data is not null)
        {
            start.Environment["XDG_DATA_HOME"] = data;
            start.Environment["XDG_CONFIG_HOME"] = $"{data}/config";
            start.Environment["TMPDIR"] = data;
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    /// <summary>Runs a program to its end. If it hangs, it is killed and the test fails.</summary>
    public static async Task<Ended> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        string? data = null,
        string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        using var process = Start(program, arguments, data, folder, environment);
        return await EndAsync(process, input);
    }

    /// <summary>Waits for the end of a child.</summary>
    public static async Task<Ended> EndAsync(Process process, string? input = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Hang);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input);
            }
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} did not end.");
        }
    }

    /// <summary>Sends a signal to a child when a condition is met, and waits for its end.</summary>
    public static async Task<Ended> StopAsync(Process process, string signal, Func<bool> isUnderWay)
    {
        while (!isUnderWay())
        {
            Assert.False(process.HasExited, "it ended before it was under way");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        return await EndAsync(process);
    }

    /// <summary>Runs a shell command that must succeed.</summary>
    public static async Task<string> ShellAsync(string command, string? folder = null)
    {
        var ended = await RunAsync("bash", ["-c", $"set -euo pipefail; {command}"], folder: folder);
        Assert.True(ended.ExitCode == 0, $"{command}: {ended}");
        return ended.Output;
    }

    /// <summary>Whether a program is installed.</summary>
    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Find()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Name.Split('_')[0];
        return Directory
            .GetDirectories(Path.Combine(RepositoryRoot.Folder, "artifacts", "bin", "Holdfast.Cli"), configuration + "*")
            .Select(f => Path.Combine(f, "holdfast"))
            .Where(File.Exists)
            .MaxBy(File.GetLastWriteTimeUtc)
            ?? throw new FileNotFoundException("holdfast is not built.");
    }
}

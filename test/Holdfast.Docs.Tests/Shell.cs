using System.Diagnostics;

namespace Holdfast.Docs.Tests;

/// <summary>Runs commands like a reader, in their own folder, with the built <c>holdfast</c> in the path.</summary>
internal sealed class Shell : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-docs-").FullName;

    /// <summary>Folder of the command that this test run was built with.</summary>
    public static string Program { get; } = FindProgram();

    /// <summary>Whether samples of encrypted databases can be created here.</summary>
    public static bool HasCiphers => File.Exists(Path.Combine(Page.Root, "out/native/libsqlite3mc.so"));

    /// <summary>Additional environment variables.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Runs a block, of which each command must succeed.</summary>
    /// <returns>The output, including errors.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(string block, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", $"exec 2>&1\n{block}"])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["PATH"] = $"{Program}:{System.Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["XDG_DATA_HOME"] = Path.Combine(_folder, ".home");
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(_folder, ".home");
        start.Environment["SAMPLES"] = Path.Combine(Page.Root, "eng/samples.sh");
        start.Environment["NO_COLOR"] = "1";
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var output = await shell.StandardOutput.ReadToEndAsync(limit.Token);
            await shell.WaitForExitAsync(limit.Token);
            return (shell.ExitCode, output);
        }
        catch
        {
            shell.Kill(entireProcessTree: true);
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // artifacts/bin/Holdfast.Docs.Tests/debug/ -> artifacts/bin/Holdfast.Cli/debug_linux-x64/
    private static string FindProgram()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Directory
            .EnumerateDirectories(Path.Combine(own.Parent!.Parent!.FullName, "Holdfast.Cli"), $"{own.Name}*")
            .First(f => File.Exists(Path.Combine(f, "holdfast")));
    }
}

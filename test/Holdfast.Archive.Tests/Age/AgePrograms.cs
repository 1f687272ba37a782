using System.Diagnostics;

namespace Holdfast.Archive.Tests.Age;

/// <summary>The programs age and age-keygen, in a directory of their own.</summary>
internal sealed class AgePrograms : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("holdfast-age-");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    public async Task<string> RunAsync(string program, params string[] arguments) => await RunAsync(program, [], arguments);

    /// <summary>Runs age with a terminal and types the passphrase one or more times.</summary>
    public async Task RunWithPassphraseAsync(string passphrase, int times, params string[] arguments)
    {
        var typed = Enumerable.Repeat(passphrase, times).ToArray();
        await RunAsync("script", typed, ["-qec", $"age {string.Join(' ', arguments)}", "/dev/null"]);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task<string> RunAsync(string program, string[] typed, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory.FullName,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(AgeFiles.Stop);
        var errors = process.StandardError.ReadToEndAsync(AgeFiles.Stop);
        foreach (var line in typed)
        {
            await process.StandardInput.WriteAsync(line + "\n");
        }
        await process.StandardInput.FlushAsync(AgeFiles.Stop);
        await process.WaitForExitAsync(AgeFiles.Stop);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }
}

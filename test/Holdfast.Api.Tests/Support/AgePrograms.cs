using System.Diagnostics;

namespace Holdfast.Api.Tests;

/// <summary>Opens archives with standard programs, without Holdfast.</summary>
internal static class AgePrograms
{
    /// <summary>
    /// Opens an archive with <c>age</c>, <c>zstd</c> and <c>tar</c>, and lists its contents. The key is in a file, as
    /// for a user.
    /// </summary>
    public static async Task<string[]> ListAsync(string archive, string? secretKey)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-age-").FullName;
        try
        {
            var tar = archive;
            if (secretKey is not null)
            {
                var key = Path.Combine(folder, "key.txt");
                await File.WriteAllTextAsync(key, secretKey + "\n");
                await RunAsync("age", "-d", "-i", key, "-o", Path.Combine(folder, "a.tar.zst"), tar);
                tar = Path.Combine(folder, "a.tar.zst");
            }

            await RunAsync("zstd", "-q", "-d", tar, "-o", Path.Combine(folder, "a.tar"));
            return (await RunAsync("tar", "tf", Path.Combine(folder, "a.tar"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Opens an age file with a passphrase that is typed at a terminal.</summary>
    public static async Task OpenWithPassphraseAsync(string archive, string passphrase, string output)
    {
        var start = new ProcessStartInfo("script", ["-qec", $"age -d -o '{output}' '{archive}'", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(passphrase + "\n");
        await process.StandardInput.FlushAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }
}

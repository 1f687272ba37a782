using System.Diagnostics;

namespace Holdfast.Destinations.Local.Tests;

/// <summary>Real file systems, mounted where root may; all are gone at the end.</summary>
internal sealed class Mounts : IAsyncDisposable
{
    private readonly List<string> _mounted = [];

    /// <summary>Where everything is.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    /// <summary>A folder that is there.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Mounts, or skips the test where that is not allowed.</summary>
    public async Task MountAsync(string folder, params string[] what)
    {
        var (code, said) = await RunAsync("mount", [.. what, folder]);
        Assert.SkipUnless(code == 0, $"nothing can be mounted here: {said}");
        _mounted.Add(folder);
    }

    /// <summary>Mounts a disk of its own, in a file.</summary>
    public async Task MountDiskAsync(string folder)
    {
        var image = Path.Combine(Root, $"{Path.GetFileName(folder)}.img");
        using (var file = File.Create(image))
        {
            file.SetLength(32 << 20);
        }
        var (code, said) = await RunAsync("mkfs.ext4", "-q", image);
        Assert.SkipUnless(code == 0, $"no file system can be made here: {said}");
        await MountAsync(folder, "-o", "loop", image);
    }

    /// <summary>Unmounts as a person would: refused while anything is in use.</summary>
    public async Task UnmountAsync(string folder)
    {
        var (code, said) = await RunAsync("umount", folder);
        Assert.True(code == 0, said);
        _mounted.Remove(folder);
    }

    /// <summary>Takes it away though it is in use, as a cable that is pulled does.</summary>
    public async Task PullAsync(string folder)
    {
        Assert.Equal(0, (await RunAsync("umount", "-l", folder)).Code);
        _mounted.Remove(folder);
    }

    /// <summary>Lets a file system stand still, or go on.</summary>
    public static async Task FreezeAsync(string folder, bool isFrozen) =>
        Assert.Equal(0, (await RunAsync("fsfreeze", isFrozen ? "-f" : "-u", folder)).Code);

    public async ValueTask DisposeAsync()
    {
        foreach (var folder in Enumerable.Reverse(_mounted))
        {
            await RunAsync("umount", "-l", folder);
        }
        Directory.Delete(Root, recursive: true);
    }

    private static async Task<(int Code, string Said)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said.Trim());
    }
}

using System.Diagnostics;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local.Tests;

/// <summary>
/// Somebody who may write to a destination puts links and pipes there, before or while it is used: nothing outside of
/// it is read, written or deleted.
/// </summary>
public sealed class LinkTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    public LinkTests()
    {
        Directory.CreateDirectory($"{_root}/nas/real");
        Directory.CreateDirectory($"{_root}/outside/chain");
        File.WriteAllText($"{_root}/outside/chain/secret.tar.zst", "secret");
        File.WriteAllText($"{_root}/outside/victim", "victim");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_link_is_neither_a_folder_nor_a_file_of_a_destination()
    {
        Directory.CreateSymbolicLink($"{_root}/nas/linked", $"{_root}/outside");
        File.CreateSymbolicLink($"{_root}/nas/real/file", $"{_root}/outside/victim");
        await using var destination = LocalDestination.Open($"{_root}/nas", create: false);
        Assert.Equal(["real"], await destination.ListAsync("", Token).Select(e => e.Name).ToListAsync(Token));
        Assert.Empty(await destination.ListAsync("real", Token).ToListAsync(Token));
        await RefusedAsync(async () => await destination.ListAsync("linked/chain", Token).ToListAsync(Token));
        await RefusedAsync(() => destination.OpenAsync("linked/victim", Token));
        await RefusedAsync(() => destination.OpenAsync("real/file", Token));
        await RefusedAsync(() => destination.BeginUploadAsync("linked/chain/new", Token));
        await RefusedAsync(() => destination.DeleteAsync("linked/chain/secret.tar.zst", Token));
        await destination.DeleteAsync("real/file", Token); // the link, not what it names
        Assert.False(Path.Exists($"{_root}/nas/real/file"));
        Untouched();
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_partial_file_takes_no_bytes()
    {
        File.CreateSymbolicLink($"{_root}/nas/real/a.partial", $"{_root}/outside/victim");
        File.CreateSymbolicLink($"{_root}/nas/real/b.partial", $"{_root}/outside/not-there");
        await using var destination = LocalDestination.Open($"{_root}/nas", create: false);
        foreach (var name in (string[])["a", "b"])
        {
            var taken = await Assert.ThrowsAsync<HoldfastException>(() => destination.BeginUploadAsync($"real/{name}", Token));
            Assert.Equal(ErrorCatalog.TargetExists, taken.Error);
            await destination.DeleteAsync($"real/{name}.partial", Token);
        }

        Assert.False(Path.Exists($"{_root}/outside/not-there"));
        Untouched();
    }

    [Fact]
    public async Task A_pipe_keeps_nobody_waiting()
    {
        using (var mkfifo = Process.Start("mkfifo", $"{_root}/nas/real/pipe.tar.zst"))
        {
            await mkfifo.WaitForExitAsync(Token);
        }
        await using var destination = LocalDestination.Open($"{_root}/nas", create: false);
        Assert.Empty(await destination.ListAsync("real", Token).ToListAsync(Token));
        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            destination.OpenAsync("real/pipe.tar.zst", Token).WaitAsync(TimeSpan.FromSeconds(20), Token)
        );
        Assert.Equal(ErrorCatalog.DestinationFailed, refused.Error);
        Assert.Equal(
            ErrorCatalog.DestinationFailed,
            Assert.Throws<HoldfastException>(() => LocalFile.Open($"{_root}/nas/real/pipe.tar.zst")).Error
        );
    }

    [Fact]
    public async Task A_folder_that_is_exchanged_for_a_link_all_the_time_leads_nowhere()
    {
        using var stop = new CancellationTokenSource();
        var exchanging = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        Directory.Move($"{_root}/nas/real", $"{_root}/nas/aside");
                        Directory.CreateSymbolicLink($"{_root}/nas/real", $"{_root}/outside/chain");
                        File.Delete($"{_root}/nas/real");
                        Directory.Move($"{_root}/nas/aside", $"{_root}/nas/real");
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        // An upload has made the folder anew meanwhile; then that one is exchanged from now on.
                        if (Directory.Exists($"{_root}/nas/aside"))
                        {
                            Directory.Delete($"{_root}/nas/aside", recursive: true);
                        }
                    }
                }
            },
            Token
        );
        await using (var destination = LocalDestination.Open($"{_root}/nas", create: false))
        {
            for (var i = 0; i < 500; i++)
            {
                await TryAsync(() => UploadAsync(destination, $"real/new{i}"));
                await TryAsync(() => destination.DeleteAsync("real/secret.tar.zst", Token));
                await TryAsync(async () =>
                    Assert.DoesNotContain(await destination.ListAsync("real", Token).ToListAsync(Token), e => e.Name == "secret.tar.zst")
                );
                await TryAsync(async () =>
                {
                    await using var opened = await destination.OpenAsync("real/secret.tar.zst", Token);
                    Assert.Fail("a file outside was opened");
                });
            }
        }

        await stop.CancelAsync();
        await exchanging;
        Untouched();
    }

    private static async Task UploadAsync(LocalDestination destination, string path)
    {
        await using var upload = await destination.BeginUploadAsync(path, Token);
        await upload.WriteAsync("bytes"u8.ToArray(), Token);
        await destination.PublishAsync([upload], Token);
    }

    private static async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (HoldfastException)
        {
            // the folder was away at that moment
        }
    }

    private static async Task RefusedAsync(Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<HoldfastException>(call);
        Assert.Equal(ErrorCatalog.DestinationFailed, refused.Error);
        Assert.Contains("link", refused.Message, StringComparison.Ordinal);
    }

    private void Untouched()
    {
        Assert.Equal(
            ["chain", "victim"],
            Directory.GetFileSystemEntries($"{_root}/outside").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)
        );
        Assert.Equal([$"{_root}/outside/chain/secret.tar.zst"], Directory.GetFileSystemEntries($"{_root}/outside/chain"));
        Assert.Equal("victim", File.ReadAllText($"{_root}/outside/victim"));
        Assert.Equal("secret", File.ReadAllText($"{_root}/outside/chain/secret.tar.zst"));
    }
}

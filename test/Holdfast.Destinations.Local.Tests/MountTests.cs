using Holdfast.Core.Errors;
using Holdfast.Destinations.Limits;

namespace Holdfast.Destinations.Local.Tests;

/// <summary>Disks that come and go beneath an open destination.</summary>
public sealed class MountTests : IAsyncLifetime
{
    private const int Many = 20;

    private readonly Mounts _mounts = new();
    private readonly LocalDriver _driver = new();
    private string _root = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _root = _mounts.Folder("mount");
        return default;
    }

    public ValueTask DisposeAsync() => _mounts.DisposeAsync();

    [Fact]
    public async Task An_idle_destination_keeps_no_disk_busy()
    {
        await _mounts.MountAsync(_root, "-t", "tmpfs", "tmpfs");
        await using var destination = LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token));
        await PublishAsync(destination, "a", 1);
        await PublishAsync(destination, "b", Many);
        await foreach (var entry in destination.ListAsync("", Token))
        {
            Assert.True(entry.IsFolder);
        }
        await _mounts.UnmountAsync(_root);

        // What is beneath the mount is not the destination.
        await FailsAsync(ErrorCatalog.DestinationIdentity, () => PublishAsync(destination, "c", 1));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public async Task The_same_disk_that_is_mounted_again_is_used_again_without_opening_anything_anew()
    {
        var disk = _mounts.Folder("disk");
        await _mounts.MountAsync(_root, "--bind", disk);
        await using var destination = LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token));
        await PublishAsync(destination, "a", Many);
        await _mounts.UnmountAsync(_root);
        await FailsAsync(ErrorCatalog.DestinationIdentity, () => PublishAsync(destination, "a", 1));
        await _mounts.MountAsync(_root, "--bind", disk);
        await PublishAsync(destination, "b", Many);
        Assert.Equal(Many, Directory.GetFiles($"{disk}/b").Length);
    }

    [Fact]
    public async Task A_disk_that_was_replaced_takes_nothing_until_it_is_initialized_and_then_everything()
    {
        await _mounts.MountAsync(_root, "-t", "tmpfs", "tmpfs");
        await using var destination = LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token));
        await PublishAsync(destination, "a", Many);
        await _mounts.UnmountAsync(_root);
        await _mounts.MountAsync(_root, "-t", "tmpfs", "tmpfs");
        await FailsAsync(ErrorCatalog.DestinationIdentity, () => PublishAsync(destination, "a", Many));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
        await using var replaced = LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token));
        await FailsAsync(ErrorCatalog.DestinationIdentity, () => PublishAsync(destination, "a", Many));
        await PublishAsync(replaced, "a", Many);
        await _mounts.UnmountAsync(_root);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Many)]
    public async Task What_was_written_to_a_disk_that_was_pulled_is_not_reported_as_published_at_the_one_that_came(int files)
    {
        var disk = _mounts.Folder("disk");
        await _mounts.MountAsync(_root, "--bind", disk);
        await using var destination = LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token));
        var uploads = await BeginAsync(destination, "a", files);
        await _mounts.PullAsync(_root);
        var publishing = await Assert.ThrowsAsync<HoldfastException>(() => destination.PublishAsync(uploads, Token));
        Assert.Equal(ErrorCatalog.DestinationIdentity, publishing.Error);
        await _mounts.MountAsync(_root, "--bind", disk);
        await FailsAsync(ErrorCatalog.DestinationFailed, () => destination.PublishAsync(uploads, Token));
        foreach (var upload in uploads)
        {
            await upload.DisposeAsync();
        }
        Assert.False(Directory.Exists($"{disk}/a"));
        await PublishAsync(destination, "a", files); // tried again
        Assert.Equal(files, Directory.GetFiles($"{disk}/a").Length);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_frozen_disk_holds_nobody_who_aborts_and_goes_on_when_it_thaws()
    {
        await _mounts.MountDiskAsync(_root);
        var calls = new CallGuard("nas", new(), TimeProvider.System);
        await using var destination = new GuardedDestination(
            LocalDestination.OpenWithIdentity(_root, await _driver.InitializeAsync(_root, Token)),
            calls
        );
        var upload = await destination.BeginUploadAsync("a/b", Token);
        await upload.WriteAsync(new byte[100_000], Token);
        await Mounts.FreezeAsync(_root, isFrozen: true);
        try
        {
            using var abort = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => destination.PublishAsync([upload], abort.Token));
            await upload.DisposeAsync();
            Assert.True(calls.HungCalls > 0);
        }
        finally
        {
            await Mounts.FreezeAsync(_root, isFrozen: false);
        }

        for (var i = 0; calls.HungCalls > 0; i++)
        {
            Assert.True(i < 1000, "the calls do not return");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        await PublishAsync(destination, "c", Many);
        Assert.DoesNotContain(Directory.GetFiles(_root, "*", SearchOption.AllDirectories), f =>
            f.EndsWith(".partial", StringComparison.Ordinal)
        );
        await destination.DisposeAsync();
        await _mounts.UnmountAsync(_root);
    }

    private static async Task<List<IUpload>> BeginAsync(IDestination destination, string folder, int files)
    {
        var uploads = new List<IUpload>();
        for (var i = 0; i < files; i++)
        {
            uploads.Add(await destination.BeginUploadAsync($"{folder}/{i:D2}", Token));
            await uploads[i].WriteAsync(new[] { (byte)i }, Token);
        }

        return uploads;
    }

    private static async Task PublishAsync(IDestination destination, string folder, int files)
    {
        var uploads = await BeginAsync(destination, folder, files);
        await destination.PublishAsync(uploads, Token);
        foreach (var upload in uploads)
        {
            await upload.DisposeAsync();
        }
    }

    private static async Task FailsAsync(Error error, Func<Task> action) =>
        Assert.Equal(error, (await Assert.ThrowsAsync<HoldfastException>(action)).Error);
}

using Holdfast.Core.Errors;
using Holdfast.Destinations.Contract;
using Holdfast.Destinations.Local;

namespace Holdfast.Destinations.Tests;

public sealed class LocalDestinationTests : DestinationContract
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_deleted()
    {
        Directory.CreateDirectory(Path.Combine(_root, "dead", "folder"));
        await File.WriteAllTextAsync(Path.Combine(_root, "dead", "folder", "file.partial"), "half", Token);
        await using var destination = LocalDestination.Open(Path.Combine(_root, "dead"), create: false);
        await destination.DeleteAsync("folder/file.partial", Token);
        Assert.False(Path.Exists(Path.Combine(_root, "dead", "folder")));
    }

    [Fact]
    public async Task Only_its_owner_can_read_an_archive()
    {
        await using var destination = LocalDestination.Open(_root, create: false);
        await using var upload = await destination.BeginUploadAsync("file", Token);
        await destination.PublishAsync([upload], Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_root, "file")));
    }

    [Fact]
    public async Task A_root_that_vanished_is_told_and_not_made_again()
    {
        var root = Path.Combine(_root, "mount");
        await using var destination = LocalDestination.Open(root, create: true);
        Directory.Delete(root);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => destination.BeginUploadAsync("a/b", Token));
        Assert.Equal(ErrorCatalogue.DestinationFailed, failure.Error);
        Assert.Contains("vanished", failure.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(root));
    }

    [Fact]
    public void A_root_whose_parent_is_missing_is_not_made()
    {
        var failure = Assert.Throws<HoldfastException>(() => LocalDestination.Open(Path.Combine(_root, "no", "such"), create: true));
        Assert.Equal(ErrorCatalogue.DestinationFailed, failure.Error);
    }

    [Fact]
    public async Task Free_space_is_told()
    {
        await using var destination = LocalDestination.Open(_root, create: false);
        Assert.InRange((await destination.FreeBytesAsync(Token)).GetValueOrDefault(), 1, long.MaxValue);
    }

    protected override ValueTask<IDestination> OpenAsync() => new(LocalDestination.Open(Path.Combine(_root, "contract"), create: true));
}

using Holdfast.Core.Errors;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The object that identifies a destination.</summary>
public sealed class IdentityTests : IAsyncLifetime
{
    private const string Key = "holdfast/.holdfast-destination";

    private S3Stub? _stub;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    private S3DestinationRoot Root => StubDestinations.CreateRoot(StubDestinations.Config(Stub));

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public ValueTask DisposeAsync() => Stub.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("nothing of ours")]
    [InlineData("""{"format":1,"id":"too short"}""")]
    public async Task A_damaged_marker_is_reported_and_replaced_when_the_destination_is_initialized(string content)
    {
        Store(System.Text.Encoding.UTF8.GetBytes(content));
        var error = await Assert.ThrowsAsync<HoldfastException>(() => Root.FindIdentityAsync(Token));
        Assert.Equal(ErrorCatalog.DestinationIdentity, error.Error);
        var id = await Root.InitializeAsync(Token);
        Assert.Equal(id, await Root.FindIdentityAsync(Token));
    }

    [Fact]
    public async Task A_marker_that_is_too_long_is_damaged()
    {
        Store(Files.Bytes(1_000_000));
        await Assert.ThrowsAsync<HoldfastException>(() => Root.FindIdentityAsync(Token));
        Assert.True(DestinationIdentity.IsId(await Root.InitializeAsync(Token)));
    }

    [Fact]
    public async Task A_marker_of_a_newer_version_is_never_replaced()
    {
        var newer = """{"format":2,"id":"0123456789abcdef0123456789abcdef"}"""u8.ToArray();
        Store(newer);
        var error = await Assert.ThrowsAsync<HoldfastException>(() => Root.InitializeAsync(Token));
        Assert.Equal("Update Holdfast.", error.Hint);
        Assert.Equal(newer, Stub.Bucket().Objects[Key].ToArray());
    }

    [Fact]
    public async Task A_marker_whose_answer_breaks_is_read_again()
    {
        var id = await Root.InitializeAsync(Token);
        var breaks = 0;
        Stub.Fault = r =>
            r.Operation == S3Operation.GetObject && Interlocked.Increment(ref breaks) <= 3 ? new() { CutAnswerAfter = 10 } : null;
        Assert.Equal(id, await Root.FindIdentityAsync(Token));
        Assert.Equal(4, breaks);
    }

    [Fact]
    public async Task A_marker_that_cannot_be_read_is_an_error_and_never_no_marker()
    {
        await Root.InitializeAsync(Token);
        Stub.Fault = r => r.Operation == S3Operation.GetObject ? new() { CutAnswerAfter = 10 } : null;
        var error = await Assert.ThrowsAsync<HoldfastException>(() => Root.FindIdentityAsync(Token));
        Assert.Equal(ErrorCatalog.DestinationFailed, error.Error);
        await Assert.ThrowsAsync<HoldfastException>(() => Root.InitializeAsync(Token));
    }

    private void Store(byte[] content) =>
        Stub.Bucket().Objects[Key] = new()
        {
            Content = [content],
            ETag = "e",
            Modified = DateTimeOffset.UnixEpoch,
        };
}

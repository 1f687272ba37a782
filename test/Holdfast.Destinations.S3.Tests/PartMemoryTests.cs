using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Destinations.S3.Uploads;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The memory of the parts of all uploads has one limit, and none of them waits for another one.</summary>
public sealed class PartMemoryTests : IAsyncLifetime
{
    private const int Part = 8 << 20;
    private const int Limit = 3 * Part;
    private const int Others = 5;

    private readonly PartMemory _memory = new(Limit);
    private S3Stub? _stub;
    private long _most;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public async ValueTask DisposeAsync() => await Stub.DisposeAsync();

    [Fact]
    public async Task Many_uploads_end_within_the_limit_although_one_is_stalled()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var destination = await OpenAsync(released.Task);
        var content = Files.Bytes((4 * Part) + 1);
        await using var stalled = await destination.BeginUploadAsync("stalled", UploadHint.None, Token);
        await stalled.WriteAsync(content.AsMemory(0, Limit), Token); // holds the whole limit
        var waiting = stalled.WriteAsync(content.AsMemory(Limit), Token).AsTask();

        await Task.WhenAll(Enumerable.Range(0, Others).Select(i => destination.PublishAsync($"other-{i}", content)));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(Limit, _memory.UsedBytes);

        released.SetResult();
        await waiting;
        await destination.PublishAsync([stalled], Token);
        Assert.Equal(0, _memory.UsedBytes);
        Assert.InRange(_most, Limit, Limit + (Others * Part));
        Assert.Equal(content, await destination.ReadAsync("stalled"));
        Assert.Equal(content, await destination.ReadAsync($"other-{Others - 1}"));
    }

    [Fact]
    public async Task An_upload_alone_has_several_parts_on_their_way_but_no_more_than_the_limit()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var destination = await OpenAsync(released.Task);
        await using var upload = await destination.BeginUploadAsync("stalled", UploadHint.None, Token);
        var writing = upload.WriteAsync(new byte[6 * Part], Token).AsTask();
        await WaitUntilAsync(() => Stub.Count(S3Operation.UploadPart) == 2); // the third is being filled
        Assert.Equal(Limit, _memory.UsedBytes);
        Assert.False(writing.IsCompleted);
        released.SetResult();
        await writing;
        await destination.PublishAsync([upload], Token);
        Assert.Equal((Limit, 0), (_most, _memory.UsedBytes));
    }

    [Fact]
    public async Task What_an_upload_held_is_free_after_it_has_failed_or_was_given_up()
    {
        await using var destination = await OpenAsync(Task.CompletedTask);
        await using (var given = await destination.BeginUploadAsync("given-up", UploadHint.None, Token))
        {
            await given.WriteAsync(new byte[3 * Part], Token);
            Assert.NotEqual(0, _memory.UsedBytes);
        }
        Assert.Equal(0, _memory.UsedBytes);
        Stub.Fault = r => r.Operation == S3Operation.UploadPart ? S3Fault.Error(403, "AccessDenied") : null;
        await using (var failed = await destination.BeginUploadAsync("failed", UploadHint.None, Token))
        {
            await failed.WriteAsync(new byte[Part], Token);
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await failed.WriteAsync(new byte[3 * Part], Token);
                await destination.PublishAsync([failed], Token);
            });
        }
        Assert.Equal(0, _memory.UsedBytes);
    }

    [Fact]
    public async Task A_small_file_is_not_counted()
    {
        await using var destination = await OpenAsync(Task.CompletedTask);
        await using var upload = await destination.BeginUploadAsync("small", UploadHint.None, Token);
        await upload.WriteAsync(new byte[1 << 20], Token);
        Assert.Equal(0, _memory.UsedBytes);
        await upload.WriteAsync(new byte[1], Token);
        Assert.Equal(Part, _memory.UsedBytes);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, Token);
        }
    }

    // Parts of "stalled" wait.
    private async Task<IDestination> OpenAsync(Task released)
    {
        var environment = new S3Environment
        {
            Limits = StubDestinations.Limits with { IdleTimeout = TimeSpan.FromMinutes(2) },
            PartMemory = _memory,
        };
        var root = StubDestinations.CreateRoot(StubDestinations.Config(Stub), environment);
        var destination = await root.OpenAsync(await root.InitializeAsync(Token), Token);
        Stub.Fault = r =>
        {
            lock (_memory)
            {
                _most = Math.Max(_most, _memory.UsedBytes);
            }
            return r is { Operation: S3Operation.UploadPart, Key: "holdfast/stalled" }
                ? new() { Wait = token => released.WaitAsync(token) }
                : null;
        };
        return destination;
    }
}

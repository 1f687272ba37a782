using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Destinations.S3.Uploads;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>The memory of all uploads to a bucket has one limit, however many there are and whatever the store does.</summary>
public sealed class PartMemoryTests : IAsyncLifetime
{
    private const int Part = 8 << 20;
    private const int Limit = 3 * Part;

    private readonly PartMemory _memory = new(Limit);
    private S3Stub? _stub;
    private long _most;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private S3Stub Stub => _stub!;

    public async ValueTask InitializeAsync() => _stub = await S3Stub.StartAsync();

    public async ValueTask DisposeAsync() => await Stub.DisposeAsync();

    [Fact]
    public async Task Many_uploads_that_wait_for_a_stalled_store_stay_within_the_limit_and_end_when_it_goes_on()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var destination = await OpenAsync(_ => released.Task);
        var uploads = new List<(IUpload Upload, Task Publishing)>();
        for (var i = 0; i < 60; i++)
        {
            var upload = await destination.BeginUploadAsync($"archive-{i}", UploadHint.None, Token);
            uploads.Add((upload, PublishAsync(destination, upload, Files.Bytes(i % 4 == 0 ? Part + 1 : 2_000_000))));
        }
        await WaitUntilAsync(() => _memory.UsedBytes > Limit - (1 << 20));
        Assert.InRange(_memory.UsedBytes, 1, Limit + Part);
        Assert.DoesNotContain(uploads, u => u.Publishing.IsCompleted);

        released.SetResult();
        await Task.WhenAll(uploads.Select(u => u.Publishing));
        foreach (var (upload, _) in uploads)
        {
            await upload.DisposeAsync();
        }
        Assert.Equal(0, _memory.UsedBytes);
        Assert.InRange(_most, Limit - Part, Limit + Part);
        Assert.Equal(60, await destination.ListAsync("", Token).CountAsync(Token));
    }

    [Fact]
    public async Task Indexes_never_wait_because_their_archives_are_held_until_they_are_stored()
    {
        await using var destination = await OpenAsync(_ => Task.CompletedTask);
        var archives = new List<IUpload>();
        for (var i = 0; i < 4; i++) // the last one beyond the limit
        {
            archives.Add(await destination.BeginUploadAsync($"archive-{i}", UploadHint.None, Token));
            await archives[i].WriteAsync(new byte[Part], Token);
        }
        for (var i = 0; i < archives.Count; i++)
        {
            await using var index = await destination.BeginUploadAsync($"index-{i}", UploadHint.Claim, Token);
            await index.WriteAsync(new byte[Part / 2], Token);
            await destination.PublishAsync([index, archives[i]], Token);
            await archives[i].DisposeAsync();
        }
        Assert.Equal(0, _memory.UsedBytes);
    }

    [Fact]
    public async Task An_upload_alone_has_several_parts_on_their_way_but_no_more_than_the_limit_and_one()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var destination = await OpenAsync(_ => released.Task);
        await using var upload = await destination.BeginUploadAsync("archive", UploadHint.None, Token);
        var writing = upload.WriteAsync(new byte[6 * Part], Token).AsTask();
        await WaitUntilAsync(() => Stub.Count(S3Operation.UploadPart) == 3 && _memory.UsedBytes == Limit + Part);
        Assert.False(writing.IsCompleted);
        released.SetResult();
        await writing;
        await destination.PublishAsync([upload], Token);
        Assert.Equal(0, _memory.UsedBytes);
        Assert.InRange(_most, 1, Limit + Part);
    }

    [Fact]
    public async Task What_an_upload_held_or_waited_for_is_free_after_it_has_failed_or_was_given_up()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var destination = await OpenAsync(_ => released.Task);
        await using (var holder = await destination.BeginUploadAsync("holder", UploadHint.None, Token))
        {
            var holding = holder.WriteAsync(new byte[6 * Part], Token).AsTask();
            await WaitUntilAsync(() => _memory.UsedBytes == Limit + Part);
            using var stop = new CancellationTokenSource();
            await using (var waiting = await destination.BeginUploadAsync("waiting", UploadHint.None, Token))
            {
                var write = waiting.WriteAsync(new byte[Part], stop.Token).AsTask();
                Assert.False(write.IsCompleted);
                await stop.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
            }
            Assert.Equal(Limit + Part, _memory.UsedBytes);
            released.SetResult();
            await holding;
        }
        Assert.Equal(0, _memory.UsedBytes);

        Stub.Fault = r => r.Operation == S3Operation.UploadPart ? S3Fault.Error(403, "AccessDenied") : null;
        await using (var failed = await destination.BeginUploadAsync("failed", UploadHint.None, Token))
        {
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await failed.WriteAsync(new byte[4 * Part], Token);
                await destination.PublishAsync([failed], Token);
            });
        }
        Assert.Equal(0, _memory.UsedBytes);
    }

    [Fact]
    public async Task A_file_is_counted_as_it_grows_and_a_very_small_one_not_at_all()
    {
        await using var destination = await OpenAsync(_ => Task.CompletedTask);
        await using var upload = await destination.BeginUploadAsync("small", UploadHint.None, Token);
        await upload.WriteAsync(new byte[64 << 10], Token);
        Assert.Equal(0, _memory.UsedBytes);
        await upload.WriteAsync(new byte[1], Token);
        Assert.Equal(256 << 10, _memory.UsedBytes);
        await upload.WriteAsync(new byte[1 << 20], Token);
        Assert.Equal(2 << 20, _memory.UsedBytes);
        await upload.WriteAsync(new byte[6 << 20], Token);
        Assert.Equal(Part, _memory.UsedBytes);
    }

    [Fact]
    public void A_store_that_does_not_respond_takes_no_memory_from_another_one()
    {
        var find = new S3Environment().FindPartMemory;
        Assert.NotSame(find("https://a/backups"), find("https://b/backups"));
        Assert.Same(find("https://a/backups"), find("https://a/backups"));
    }

    private static async Task PublishAsync(IDestination destination, IUpload upload, byte[] content)
    {
        await upload.WriteAsync(content, Token);
        await destination.PublishAsync([upload], Token);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(1, Token);
        }
    }

    // Everything that stores content waits.
    private async Task<IDestination> OpenAsync(Func<S3Request, Task> release)
    {
        var environment = new S3Environment
        {
            Limits = StubDestinations.Limits with { IdleTimeout = TimeSpan.FromMinutes(2) },
            FindPartMemory = _ => _memory,
        };
        var root = StubDestinations.CreateRoot(StubDestinations.Config(Stub), environment);
        var destination = await root.OpenAsync(await root.InitializeAsync(Token), Token);
        Stub.Fault = r =>
        {
            lock (_memory)
            {
                _most = Math.Max(_most, _memory.UsedBytes);
            }
            return r.Operation is S3Operation.UploadPart or S3Operation.PutObject
                ? new() { Wait = token => release(r).WaitAsync(token) }
                : null;
        };
        return destination;
    }
}

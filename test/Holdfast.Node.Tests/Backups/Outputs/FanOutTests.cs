using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Destinations;
using Holdfast.Node.Backups.Outputs;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Backups.Outputs;

/// <summary>Each destination of a backup is written at its own speed; one that is slow or fails holds nobody up.</summary>
public sealed class FanOutTests : IAsyncLifetime
{
    private const long MiB = 1 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly List<DestinationOutput> _outputs = [];
    private readonly Random _random = new(1);
    private readonly MemoryStream _expected = new();
    private readonly List<(IUpload Archive, IUpload Index)> _uploads = [];
    private OutputResources _resources = default!;
    private FanOut? _fan;

    public static TheoryData<Exception> Failures =>
        [
            new OperationCanceledException("a library's own time-out"),
            new InvalidOperationException("odd"),
            new IOException("gone"),
            new HoldfastException(ErrorCatalog.DestinationFull, "full", null),
        ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var output in _outputs)
        {
            await output.DisposeAsync();
        }
        _fan?.Dispose();
        Assert.Equal((0, 0), (_resources.Memory.UsedBytes, _resources.Spool.UsedBytes));
        Assert.Empty(Directory.GetFiles(_folder));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Archive_and_index_arrive_whole_and_in_order()
    {
        var destination = Opened("a");
        await StartAsync(null, destination);
        var index = new byte[100_000];
        _random.NextBytes(index);
        await WriteAsync(3 * MiB);
        await _fan!.WriteAsync(OutputFile.Index, index, Token);
        await WriteAsync(5);
        Assert.Null(await CompleteAsync(0));
        await PublishAsync(destination);
        Assert.Equal(_expected.ToArray(), destination.Read("archive"));
        Assert.Equal(index, destination.Read("index"));
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failing_destination_is_dropped_and_the_others_continue(Exception failure)
    {
        var (good, bad) = (Opened("good"), Opened("bad"));
        await StartAsync(null, good, bad);
        await WriteAsync(MiB);
        bad.Fail(failure);
        await WriteAsync(3 * MiB);
        Assert.Null(await CompleteAsync(0));
        Assert.Same(failure, await CompleteAsync(1));
        Assert.Equal(OutputState.Dropped, _outputs[1].State);
        await PublishAsync(good);
        Assert.Equal(_expected.ToArray(), good.Read("archive"));
    }

    [Fact]
    public async Task An_output_that_is_closed_because_nothing_changed_is_not_dropped()
    {
        await StartAsync(null, Opened("a"));
        await WriteAsync(MiB);
        await _outputs[0].DisposeAsync();
        Assert.Equal((null, OutputState.Writing), (_outputs[0].Failure, _outputs[0].State));
        _outputs.Clear();
    }

    [Fact]
    public async Task Without_a_destination_the_failure_of_the_last_one_is_thrown()
    {
        var (first, second) = (Opened("first"), Opened("second"));
        await StartAsync(null, first, second);
        first.Fail(new IOException("first"));
        second.Fail(new IOException("second"));
        var failure = await Assert.ThrowsAsync<IOException>(() => WriteAsync(64 * MiB));
        Assert.Equal("second", failure.Message);
    }

    [Fact]
    public async Task Our_own_cancellation_is_thrown()
    {
        using var stop = new CancellationTokenSource();
        await StartAsync(null, Opened("a"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await _fan!.WriteAsync(OutputFile.Archive, new byte[MiB], stop.Token)
        );
    }

    [Fact]
    public async Task A_destination_that_does_not_respond_waits_in_memory_and_then_in_the_spool()
    {
        var (good, slow) = (Opened("good"), new SlowDestination("slow"));
        await StartAsync(null, good, slow);
        await WriteAsync(MiB);
        Assert.Equal(OutputState.Writing, _outputs[1].State);
        await WriteAsync(10 * MiB);
        Assert.Equal(OutputState.Behind, _outputs[1].State);
        await WriteAsync(60 * MiB);
        Assert.Equal(OutputState.Spooled, _outputs[1].State);
        Assert.True(_resources.Spool.UsedBytes >= 48 * MiB, $"{_resources.Spool.UsedBytes} bytes are in the spool");
        Assert.InRange(_resources.Memory.UsedBytes, 1, 2 * OutputResources.MaxQueuedBytes + MiB);
        Assert.Null(await CompleteAsync(0)); // while the other one has written nothing
        Assert.Equal(0, slow.Written);

        slow.Open();
        Assert.Null(await CompleteAsync(1));
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
    }

    [Fact]
    public async Task A_single_destination_uses_the_spool_too_so_that_the_database_is_released()
    {
        var slow = new SlowDestination("slow");
        await StartAsync(null, slow);
        await WriteAsync(60 * MiB);
        await _fan!.FlushAsync(Token);
        Assert.Equal(0, slow.Written);
        slow.Open();
        Assert.Null(await CompleteAsync(0));
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
    }

    [Fact]
    public async Task A_single_destination_that_is_slightly_behind_is_waited_for_instead_of_using_the_spool()
    {
        await File.WriteAllTextAsync($"{_folder}/file", "", Token);
        var slow = new SlowDestination("slow");
        await StartAsync($"{_folder}/file/spool", null, slow); // it cannot be used, and says so if it is
        _time.Advance(TimeSpan.FromSeconds(100));
        var writing = WriteAsync(20 * MiB);
        while (_resources.Memory.UsedBytes < OutputResources.MaxQueuedBytes)
        {
            await Task.Delay(1, Token);
        }
        _time.Advance(TimeSpan.FromSeconds(10));
        slow.Open();
        await writing;
        Assert.Null(await CompleteAsync(0));
        Assert.Null(_outputs[0].SpoolProblem);
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
        File.Delete($"{_folder}/file");
    }

    [Fact]
    public async Task A_single_destination_is_waited_for_no_longer_than_a_quarter_of_the_time()
    {
        var slow = new SlowDestination("slow");
        await StartAsync(null, slow);
        _time.Advance(TimeSpan.FromSeconds(100));
        var writing = WriteAsync(20 * MiB);
        while (!writing.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, Token);
        }
        await writing;
        await _fan!.FlushAsync(Token);
        Assert.Equal(OutputState.Spooled, _outputs[0].State);
        slow.Open();
        Assert.Null(await CompleteAsync(0));
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
    }

    [Fact]
    public async Task The_spool_is_unreadable_for_others_and_has_no_name()
    {
        await StartAsync(null, new SlowDestination("slow"), Opened("good"));
        await WriteAsync(40 * MiB);
        Assert.True(_resources.Spool.UsedBytes > 0);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_full_spool_drops_the_destination_that_holds_up_the_others()
    {
        var (good, slow) = (Opened("good"), new SlowDestination("slow"));
        await StartAsync(32 * MiB, good, slow);
        var writing = WriteAsync(100 * MiB);
        while (!writing.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await writing;
        Assert.Null(await CompleteAsync(0));
        var failure = Assert.IsType<HoldfastException>(await CompleteAsync(1));
        Assert.Contains("too slow", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, _resources.Spool.UsedBytes - 16 * MiB); // the segment that was being filled
        await PublishAsync(good);
        Assert.Equal(_expected.ToArray(), good.Read("archive"));
    }

    [Fact]
    public async Task A_full_spool_makes_the_last_destination_wait_instead()
    {
        var slow = new SlowDestination("slow");
        await StartAsync(32 * MiB, slow);
        var writing = WriteAsync(100 * MiB);
        for (var i = 0; i < 1000 && !writing.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.False(writing.IsCompleted);
        slow.Open();
        await writing;
        Assert.Null(await CompleteAsync(0));
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
    }

    [Fact]
    public async Task A_destination_on_the_disk_of_the_spool_is_waited_for()
    {
        var (good, local) = (Opened("good"), new SlowDestination("local") { IsLocal = true });
        await StartAsync(null, good, local);
        var writing = WriteAsync(300 * MiB);
        for (var i = 0; i < 1000 && !writing.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.False(writing.IsCompleted);
        Assert.InRange(_resources.Spool.UsedBytes, 0, 200 * MiB); // until it is known where the destination is
        local.Open();
        await writing;
        Assert.Null(await CompleteAsync(1));
    }

    [Fact]
    public async Task A_destination_that_does_not_say_where_it_is_uses_the_spool()
    {
        var (good, hung) = (Opened("good"), new SlowDestination("hung") { IsSilent = true });
        await StartAsync(null, good, hung);
        await WriteAsync(40 * MiB);
        Assert.Null(await CompleteAsync(0));
        Assert.Equal(OutputState.Spooled, _outputs[1].State);
    }

    [Fact]
    public async Task A_spool_that_cannot_be_used_counts_as_full()
    {
        await File.WriteAllTextAsync($"{_folder}/file", "", Token);
        var slow = new SlowDestination("slow");
        await StartAsync($"{_folder}/file/spool", null, slow);
        var writing = WriteAsync(40 * MiB);
        for (var i = 0; i < 1000 && !writing.IsCompleted; i++)
        {
            await Task.Yield();
        }
        Assert.False(writing.IsCompleted); // the last one is waited for
        slow.Open();
        await writing;
        Assert.Null(await CompleteAsync(0));
        Assert.Contains("spool folder", _outputs[0].SpoolProblem!.Message, StringComparison.Ordinal);
        File.Delete($"{_folder}/file");
    }

    [Fact]
    public async Task A_destination_that_is_slow_for_a_while_returns_to_memory()
    {
        var (good, slow) = (Opened("good"), new SlowDestination("slow"));
        await StartAsync(null, good, slow);
        for (var round = 0; round < 3; round++)
        {
            slow.Close();
            await WriteAsync(40 * MiB);
            Assert.Equal(OutputState.Spooled, _outputs[1].State);
            slow.Open();
            while (_outputs[1].State != OutputState.Writing || slow.Written < _expected.Length - OutputBlock.MaxBytes)
            {
                await Task.Yield();
            }
        }
        Assert.Null(await CompleteAsync(1));
        await PublishAsync(slow);
        Assert.Equal(_expected.ToArray(), slow.Read("archive"));
    }

    [Fact]
    public async Task A_destination_that_keeps_up_does_not_need_the_shared_memory()
    {
        var destination = Opened("a");
        await StartAsync(null, destination);
        while (_resources.Memory.TryReserve(OutputBlock.MaxBytes)) { }
        var taken = _resources.Memory.UsedBytes;
        await WriteAsync(4 * MiB);
        Assert.Null(await CompleteAsync(0));
        Assert.Equal(taken, _resources.Memory.UsedBytes);
        _resources.Memory.Release((int)taken);
        await PublishAsync(destination);
        Assert.Equal(_expected.ToArray(), destination.Read("archive"));
    }

    private static SlowDestination Opened(string name)
    {
        var destination = new SlowDestination(name);
        destination.Open();
        return destination;
    }

    private Task StartAsync(long? spoolBytes, params SlowDestination[] destinations) => StartAsync(_folder, spoolBytes, destinations);

    private async Task StartAsync(string folder, long? spoolBytes, params SlowDestination[] destinations)
    {
        _resources = OutputResources.Create(folder, spoolBytes);
        foreach (var destination in destinations)
        {
            var uploads = (
                await destination.BeginUploadAsync("archive", UploadHint.None, Token),
                await destination.BeginUploadAsync("index", UploadHint.None, Token)
            );
            _uploads.Add(uploads);
            _outputs.Add(new(destination, uploads.Item1, uploads.Item2, _resources.Spool, _ => { }, Token));
        }
        _fan = new(_outputs, _resources.Memory, _time);
    }

    private async Task WriteAsync(long bytes)
    {
        var chunk = new byte[70_001];
        while (bytes > 0)
        {
            _random.NextBytes(chunk);
            var part = chunk.AsMemory(0, (int)Math.Min(bytes, chunk.Length));
            _expected.Write(part.Span);
            await _fan!.WriteAsync(OutputFile.Archive, part, Token);
            bytes -= part.Length;
        }
    }

    private async Task<Exception?> CompleteAsync(int output)
    {
        await _fan!.FlushAsync(Token);
        return await _outputs[output].CompleteAsync();
    }

    private async Task PublishAsync(SlowDestination destination) =>
        await destination.PublishAsync([.. _uploads.SelectMany(u => new[] { u.Archive, u.Index }).Where(destination.Owns)], Token);
}

using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Tests;

/// <summary>Rate and remaining time of running operations.</summary>
public sealed class TransferRateTests
{
    private const long MiB = 1 << 20;
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_sample_gives_the_average_since_the_start()
    {
        var rate = new TransferRate();
        rate.AddSample(At(100 * MiB, 300 * MiB), Start.AddSeconds(10));
        Assert.Equal(10 * MiB, rate.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(20), rate.TimeLeft);
    }

    [Fact]
    public void Later_samples_use_only_the_last_seconds()
    {
        var rate = new TransferRate();
        for (var second = 1; second <= 60; second++)
        {
            rate.AddSample(At((second <= 30 ? second : 30 + (10 * (second - 30))) * MiB, 1000 * MiB), Start.AddSeconds(second));
        }
        Assert.Equal(10 * MiB, rate.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(67), rate.TimeLeft);
        for (var second = 61; second <= 90; second++)
        {
            rate.AddSample(At(330 * MiB, 1000 * MiB), Start.AddSeconds(second));
        }
        Assert.Null(rate.BytesPerSecond); // no progress, no estimate
        Assert.Null(rate.TimeLeft);
    }

    [Fact]
    public void There_is_no_rate_for_a_short_span_a_queued_operation_or_a_restarted_one()
    {
        var rate = new TransferRate();
        rate.AddSample(At(5 * MiB, 10 * MiB), Start.AddMilliseconds(100));
        Assert.Null(rate.BytesPerSecond);
        rate.AddSample(At(0, 0, started: false), Start.AddSeconds(1));
        Assert.Null(rate.TimeLeft);
        rate.AddSample(At(8 * MiB, 10 * MiB), Start.AddSeconds(2));
        rate.AddSample(At(1 * MiB, 10 * MiB), Start.AddSeconds(3));
        Assert.Null(rate.BytesPerSecond);
        rate.AddSample(At(2 * MiB, 10 * MiB), Start.AddSeconds(4));
        Assert.Equal(1 * MiB, rate.BytesPerSecond);
    }

    [Theory]
    [InlineData(OperationState.Running, 0, 0, null)]
    [InlineData(OperationState.Running, 0, 1000, 0)]
    [InlineData(OperationState.Running, 999, 1000, 99)]
    [InlineData(OperationState.Running, 1000, 1000, 100)]
    [InlineData(OperationState.Running, 2000, 1000, 100)]
    [InlineData(OperationState.Completed, 0, 0, 100)]
    [InlineData(OperationState.Failed, 500, 1000, 50)]
    public void A_hundred_percent_means_complete(OperationState state, long done, long total, int? percent) =>
        Assert.Equal(percent, TransferRate.Percent(At(done, total) with { State = state }));

    private static Operation At(long done, long total, bool started = true) =>
        new()
        {
            Id = "1",
            Kind = OperationKind.Backup,
            State = OperationState.Running,
            Database = new DatabaseId("demo", "a.db"),
            Node = "A",
            Created = Start,
            Started = started ? Start : null,
            Progress = new() { DoneBytes = done, TotalBytes = total },
        };
}

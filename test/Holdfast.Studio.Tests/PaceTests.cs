using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Tests;

/// <summary>Rate and time left of what runs.</summary>
public sealed class PaceTests
{
    private const long MiB = 1 << 20;
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_first_look_tells_the_average_since_it_began()
    {
        var pace = new TransferRate();
        pace.AddSample(At(100 * MiB, 300 * MiB), Start.AddSeconds(10));
        Assert.Equal(10 * MiB, pace.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(20), pace.TimeLeft);
    }

    [Fact]
    public void Later_only_the_last_seconds_count()
    {
        var pace = new TransferRate();
        for (var second = 1; second <= 60; second++)
        {
            pace.AddSample(At((second <= 30 ? second : 30 + (10 * (second - 30))) * MiB, 1000 * MiB), Start.AddSeconds(second));
        }
        Assert.Equal(10 * MiB, pace.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(67), pace.TimeLeft);
        for (var second = 61; second <= 90; second++)
        {
            pace.AddSample(At(330 * MiB, 1000 * MiB), Start.AddSeconds(second));
        }
        Assert.Null(pace.BytesPerSecond); // it stands still: no promise
        Assert.Null(pace.TimeLeft);
    }

    [Fact]
    public void Nothing_is_told_of_a_moment_of_what_waits_and_of_what_begins_anew()
    {
        var pace = new TransferRate();
        pace.AddSample(At(5 * MiB, 10 * MiB), Start.AddMilliseconds(100));
        Assert.Null(pace.BytesPerSecond);
        pace.AddSample(At(0, 0, started: false), Start.AddSeconds(1));
        Assert.Null(pace.TimeLeft);
        pace.AddSample(At(8 * MiB, 10 * MiB), Start.AddSeconds(2));
        pace.AddSample(At(1 * MiB, 10 * MiB), Start.AddSeconds(3));
        Assert.Null(pace.BytesPerSecond);
        pace.AddSample(At(2 * MiB, 10 * MiB), Start.AddSeconds(4));
        Assert.Equal(1 * MiB, pace.BytesPerSecond);
    }

    [Theory]
    [InlineData(OperationState.Running, 0, 0, null)]
    [InlineData(OperationState.Running, 0, 1000, 0)]
    [InlineData(OperationState.Running, 999, 1000, 99)]
    [InlineData(OperationState.Running, 1000, 1000, 100)]
    [InlineData(OperationState.Running, 2000, 1000, 100)]
    [InlineData(OperationState.Completed, 0, 0, 100)]
    [InlineData(OperationState.Failed, 500, 1000, 50)]
    public void A_hundred_per_cent_is_all_of_it(OperationState state, long done, long total, int? percent) =>
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

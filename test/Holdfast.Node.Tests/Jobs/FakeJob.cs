using Holdfast.Node.Jobs;

namespace Holdfast.Node.Tests.Jobs;

/// <summary>A job that runs until the test ends it.</summary>
internal sealed class FakeJob
{
    private static int _numbers;

    private readonly TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeJob(JobLane lane, string? source, params string[] destinations)
        : this($"job {Interlocked.Increment(ref _numbers)}", "group", lane, source, destinations) { }

    public FakeJob(string key, string group, JobLane lane, string? source, params string[] destinations) =>
        Job = new()
        {
            Key = key,
            Group = group,
            Lane = lane,
            Source = source,
            Destinations = destinations,
            Work = _ => _work.Task,
        };

    public FakeJob(JobLane lane, string exclusive)
    {
        var key = $"job {Interlocked.Increment(ref _numbers)}";
        Job = new()
        {
            Key = key,
            Group = "group",
            Lane = lane,
            ExclusiveKey = exclusive,
            Work = _ => _work.Task,
        };
    }

    public Job Job { get; }

    public JobState State => Job.State;

    public async Task EndAsync()
    {
        _work.SetResult();
        await Job.Completion;
    }

    public async Task FailAsync(Exception e)
    {
        _work.SetException(e);
        await Job.Completion;
    }
}

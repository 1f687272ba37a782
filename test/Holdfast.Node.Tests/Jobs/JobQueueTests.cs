using Holdfast.Node.Jobs;

namespace Holdfast.Node.Tests.Jobs;

/// <summary>The queue for all long-running work: lanes, limits, turns. The test controls the work of each job.</summary>
public sealed class JobQueueTests
{
    private static readonly JobLimits Limits = new()
    {
        Small = 4,
        Large = 1,
        Restores = 2,
        InProgress = 8,
    };

    [Fact]
    public async Task A_lane_runs_as_many_jobs_of_one_destination_as_it_has_slots()
    {
        var queue = new JobQueue(Limits);
        var jobs = Add(queue, 6, () => new(JobLane.Small, "shop", "nas"));
        Assert.Equal(
            [JobState.Running, JobState.Running, JobState.Running, JobState.Running, JobState.Waiting, JobState.Waiting],
            jobs.Select(j => j.State)
        );
        await jobs[1].EndAsync();
        Assert.Equal((JobState.Released, JobState.Running, JobState.Waiting), (jobs[1].State, jobs[4].State, jobs[5].State));
        Assert.Equal((1, 4), (queue.Waiting, queue.Running));
    }

    [Fact]
    public async Task An_exclusive_key_passes_to_waiting_jobs_in_order_of_arrival()
    {
        var queue = new JobQueue(Limits);
        var jobs = new[] { JobLane.Removal, JobLane.Small, JobLane.Small, JobLane.Removal }
            .Select(lane => new FakeJob(lane, "task"))
            .ToList();
        foreach (var job in jobs)
        {
            queue.Add(job.Job);
        }
        var other = new FakeJob(JobLane.Small, "other");
        queue.Add(other.Job);
        Assert.Equal(
            [JobState.Running, JobState.Waiting, JobState.Waiting, JobState.Waiting, JobState.Running],
            jobs.Append(other).Select(j => j.State)
        );
        Assert.True(queue.Withdraw(jobs[1].Job));
        Assert.False(queue.Withdraw(jobs[0].Job)); // it has started
        await jobs[0].EndAsync();
        Assert.Equal([JobState.Released, JobState.Released, JobState.Running, JobState.Waiting], jobs.Select(j => j.State));
        await jobs[2].FailAsync(new IOException("disk"));
        Assert.Equal(JobState.Running, jobs[3].State);
        Assert.True(queue.IsLocked("task"));
        await jobs[3].EndAsync();
        Assert.False(queue.IsLocked("task"));
        await other.EndAsync();
        Assert.Equal((0, 0), (queue.Waiting, queue.Running));
    }

    [Theory]
    [InlineData(JobLane.Small)]
    [InlineData(JobLane.Large)]
    [InlineData(JobLane.Restore)]
    public void A_hanging_destination_never_blocks_a_whole_lane(JobLane lane)
    {
        var queue = new JobQueue(Limits);
        Add(queue, 100, () => new(lane, "shop", "frozen"));
        var other = Add(queue, 1, () => new(lane, "hr", "nas"))[0];
        Assert.Equal(JobState.Running, other.State);
    }

    [Theory]
    [InlineData(JobLane.Small)]
    [InlineData(JobLane.Large)]
    public void A_hanging_destination_leaves_slots_for_other_destinations_of_the_same_source(JobLane lane)
    {
        var queue = new JobQueue(Limits);
        Add(queue, 100, () => new(lane, "shop", "frozen"));
        Assert.Equal(JobState.Running, Add(queue, 1, () => new(lane, "shop", "nas"))[0].State);
    }

    [Fact]
    public void A_hanging_source_never_blocks_a_whole_lane()
    {
        var queue = new JobQueue(Limits);
        Add(queue, 100, () => new(JobLane.Small, "frozen", "nas"));
        Assert.Equal(JobState.Running, Add(queue, 1, () => new(JobLane.Small, "hr", "cellar"))[0].State);
    }

    [Fact]
    public void A_destination_that_hangs_during_publishing_leaves_capacity_for_others()
    {
        var queue = new JobQueue(Limits);
        var stuck = Add(queue, 20, () => new(JobLane.Small, "shop", "frozen"));
        foreach (var job in stuck)
        {
            queue.BeginPublishing(job.Job); // those that publish release their slots to the next
        }
        Assert.Equal(Limits.InProgress, stuck.Count(j => j.State == JobState.Publishing));
        Assert.Equal(JobState.Running, Add(queue, 1, () => new(JobLane.Small, "shop", "nas"))[0].State);
    }

    [Fact]
    public void Each_lane_has_its_own_slots()
    {
        var queue = new JobQueue(Limits with { InProgress = 16 });
        foreach (var lane in Enum.GetValues<JobLane>())
        {
            Assert.Equal(Limits.SlotsOf(lane), Add(queue, 10, () => new(lane, "shop", "nas")).Count(j => j.State == JobState.Running));
        }
    }

    [Fact]
    public void Verifications_run_one_at_a_time()
    {
        var queue = new JobQueue(Limits);
        Add(queue, 1, () => new(JobLane.Verify, null, "nas"));
        Assert.Equal(JobState.Waiting, Add(queue, 1, () => new(JobLane.Verify, null, "cellar"))[0].State);
    }

    [Fact]
    public async Task A_limit_of_a_source_or_destination_counts_all_lanes()
    {
        var queue = new JobQueue(Limits with { PerSource = 2, PerDestination = 3 });
        var jobs = new List<FakeJob>();
        jobs.AddRange(Add(queue, 1, () => new(JobLane.Large, "shop", "nas")));
        jobs.AddRange(Add(queue, 2, () => new(JobLane.Small, "shop", "nas")));
        jobs.AddRange(Add(queue, 3, () => new(JobLane.Small, "hr", "nas")));
        Assert.Equal(
            [JobState.Running, JobState.Running, JobState.Waiting, JobState.Running, JobState.Waiting, JobState.Waiting],
            jobs.Select(j => j.State)
        );
        await jobs[0].EndAsync();
        Assert.Equal(JobState.Running, jobs[2].State);
    }

    [Fact]
    public void A_comparison_does_not_count_against_the_limit_of_its_source()
    {
        var queue = new JobQueue(Limits with { PerSource = 1 });
        Assert.Equal(JobState.Running, Add(queue, 1, () => new(JobLane.Compare, "shop", []))[0].State);
        Assert.Equal(JobState.Running, Add(queue, 1, () => new(JobLane.Small, "shop", "nas"))[0].State);
        Assert.Equal(JobState.Waiting, Add(queue, 1, () => new(JobLane.Compare, "shop", []))[0].State); // still one at a time
        Assert.Equal(JobState.Waiting, Add(queue, 1, () => new(JobLane.Small, "shop", "nas"))[0].State);
    }

    [Fact]
    public async Task Groups_take_turns_and_jobs_within_a_group_run_in_order_of_arrival()
    {
        var queue = new JobQueue(new() { Small = 1 });
        var order = new List<string>();
        var jobs = new List<FakeJob>();
        foreach (var key in (string[])["a1", "a2", "a3", "b1", "b2", "c1"])
        {
            var job = new FakeJob(key, key[..1], JobLane.Small, "shop", "nas");
            jobs.Add(job);
            queue.Add(job.Job);
        }

        while (jobs.FirstOrDefault(j => j.State == JobState.Running) is { } running)
        {
            order.Add(running.Job.Key);
            await running.EndAsync();
        }

        Assert.Equal(["a1", "a2", "b1", "c1", "a3", "b2"], order);
    }

    [Fact]
    public async Task A_second_job_with_the_same_key_is_the_first_one_until_it_ends()
    {
        var queue = new JobQueue(Limits);
        var (first, second) = (new FakeJob("task", "g", JobLane.Small, "shop"), new FakeJob("task", "g", JobLane.Small, "shop"));
        Assert.Same(first.Job, queue.Add(first.Job));
        Assert.Same(first.Job, queue.Add(second.Job));
        Assert.Same(first.Job, queue.Find("task"));
        await first.EndAsync();
        Assert.Same(second.Job, queue.Add(second.Job));
    }

    [Fact]
    public void A_removed_queued_job_never_runs()
    {
        var queue = new JobQueue(new() { Small = 1 });
        var jobs = Add(queue, 3, () => new(JobLane.Small, "shop", "nas"));
        Assert.True(queue.Remove(jobs[1].Job));
        Assert.True(jobs[1].Job.Completion.IsCompleted);
        Assert.True(queue.Find(jobs[1].Job.Key) is null);
        Assert.False(queue.Remove(jobs[0].Job));
        Assert.Equal((JobState.Released, JobState.Running), (jobs[1].State, jobs[2].State));
    }

    [Fact]
    public async Task A_hanging_job_can_be_removed_which_frees_its_slot_and_its_late_end_is_ignored()
    {
        var queue = new JobQueue(new() { Small = 1 });
        var over = new List<Job>();
        queue.Released += over.Add;
        var jobs = Add(queue, 3, () => new(JobLane.Small, "shop", "nas"));
        queue.Release(jobs[0].Job);
        Assert.Equal((JobState.Running, JobState.Running, JobState.Waiting), (jobs[0].State, jobs[1].State, jobs[2].State));
        Assert.Same(jobs[0].Job, queue.Find(jobs[0].Job.Key));
        queue.Remove(jobs[0].Job);
        Assert.Equal((1, 1), (queue.Running, queue.Waiting));
        await jobs[0].EndAsync();
        Assert.Equal((1, 1), (queue.Running, queue.Waiting));
        Assert.Equal([jobs[0].Job], over);
        Assert.Equal(JobState.Waiting, jobs[2].State);
    }

    [Fact]
    public async Task A_job_that_throws_releases_everything()
    {
        var queue = new JobQueue(new() { Small = 1 });
        var jobs = Add(queue, 2, () => new(JobLane.Small, "shop", "nas"));
        await jobs[0].FailAsync(new InvalidOperationException("a defect"));
        Assert.Equal("a defect", jobs[0].Job.Failure!.Message);
        Assert.Equal(JobState.Running, jobs[1].State);
    }

    [Fact]
    public async Task A_subscriber_that_throws_does_not_keep_a_slot()
    {
        var queue = new JobQueue(new() { Small = 1 });
        queue.Released += _ => throw new InvalidOperationException();
        var jobs = Add(queue, 2, () => new(JobLane.Small, "shop", "nas"));
        await jobs[0].EndAsync();
        Assert.Equal(JobState.Running, jobs[1].State);
    }

    [Fact]
    public void Jobs_wait_for_a_source_that_is_not_ready_and_do_not_block_others()
    {
        var sources = new FakeReadiness();
        var queue = new JobQueue(new() { Small = 1 }, sources);
        var waits = Add(queue, 1, () => new(JobLane.Small, "slow", "nas"))[0];
        var runs = Add(queue, 1, () => new(JobLane.Small, "shop", "cellar"))[0];
        Assert.Equal((JobState.Waiting, JobState.Running), (waits.State, runs.State));
        sources.IsSlowReady = true;
        queue.Pump();
        Assert.Equal(JobState.Running, waits.State);
    }

    [Fact]
    public async Task A_stopped_queue_starts_no_job_and_keeps_queued_ones()
    {
        var queue = new JobQueue(new() { Small = 1 });
        var jobs = Add(queue, 3, () => new(JobLane.Small, "shop", "nas"));
        Assert.Equal([jobs[0].Job], queue.Stop());
        await jobs[0].EndAsync();
        Assert.Equal((JobState.Waiting, 2), (jobs[1].State, queue.Waiting));
        Assert.Null(queue.Add(new FakeJob(JobLane.Small, "shop").Job));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task In_any_order_of_events_limits_hold_startable_jobs_start_and_every_job_ends(int seed)
    {
        var random = new Random(seed);
        var limits = new JobLimits
        {
            Small = 3,
            Large = 1,
            Restores = 2,
            PerSource = 4,
            PerDestination = 4,
            InProgress = 6,
        };
        var queue = new JobQueue(limits);
        var all = new List<FakeJob>();
        for (var step = 0; step < 1000 || all.Exists(j => j.State != JobState.Released); step++)
        {
            var live = all.FindAll(j => j.State is JobState.Running or JobState.Publishing);
            var what = random.Next(10);
            if (what < 5 && step < 1000)
            {
                var job = Random(random, all.Count);
                all.Add(job);
                queue.Add(job.Job);
            }
            else if (what < 7 && live.Count > 0)
            {
                queue.BeginPublishing(live[random.Next(live.Count)].Job);
            }
            else if (what < 9 && live.Count > 0)
            {
                await live[random.Next(live.Count)].EndAsync();
            }
            else if (random.Next(20) == 0 && all.Count > 0)
            {
                queue.Remove(all[random.Next(all.Count)].Job);
            }
            Check(all.FindAll(j => j.State != JobState.Released), limits);
        }

        Assert.Equal((0, 0), (queue.Waiting, queue.Running));
        Assert.Empty(queue.Jobs);
    }

    [Fact]
    public async Task No_group_starves_because_another_one_always_has_jobs()
    {
        var random = new Random(7);
        var queue = new JobQueue(new() { Small = 2 });
        var all = new List<FakeJob>();
        for (var i = 0; i < 1000; i++)
        {
            Put("many", "nas");
        }
        var one = Put("one", "cellar", "nas");
        for (var ended = 0; ended < 10 && one.State == JobState.Waiting; ended++)
        {
            Put("many", "nas");
            var running = all.FindAll(j => j.State == JobState.Running);
            await running[random.Next(running.Count)].EndAsync();
        }

        Assert.NotEqual(JobState.Waiting, one.State);

        FakeJob Put(string group, params string[] destinations)
        {
            var job = new FakeJob($"{all.Count}", group, JobLane.Small, "shop", destinations);
            all.Add(job);
            queue.Add(job.Job);
            return job;
        }
    }

    private static FakeJob Random(Random random, int number) =>
        new(
            $"{number}",
            $"group {random.Next(5)}",
            (JobLane)random.Next(4),
            random.Next(4) == 0 ? null : $"source-{random.Next(3)}",
            [.. Enumerable.Range(0, 3).Where(_ => random.Next(2) == 0).Select(d => $"destination-{d}")]
        );

    private static void Check(List<FakeJob> jobs, JobLimits limits)
    {
        var slots = jobs.FindAll(j => j.State == JobState.Running).ConvertAll(j => j.Job);
        var underWay = jobs.FindAll(j => j.State is JobState.Running or JobState.Publishing).ConvertAll(j => j.Job);
        Assert.All(jobs, j =>
            Assert.False(j.State == JobState.Waiting ? Fits(j.Job) : !Fits(j.Job, counted: true), $"{j.Job.Key} {j.State}")
        );

        // Whether a queued job could start; for a running one, whether it was allowed to.
        bool Fits(Job job, bool counted = false)
        {
            var own = counted ? 0 : 1;
            if (counted && job.State == JobState.Publishing)
            {
                return underWay.Count <= 2 * limits.InProgress;
            }
            var inLane = slots.FindAll(j => j.Lane == job.Lane);
            return inLane.Count + own <= limits.TotalSlotsOf(job.Lane)
                && underWay.Count + own <= 2 * limits.InProgress
                && job.Destinations.All(d =>
                    inLane.Count(j => j.Destinations.Contains(d)) + own <= limits.SlotsOf(job.Lane)
                    && slots.Count(j => j.Destinations.Contains(d)) + own <= limits.PerDestination
                    && underWay.Count(j => j.Destinations.Contains(d)) + own <= limits.InProgress
                )
                && (
                    job.Source is null
                    || (
                        inLane.Count(j => j.Source == job.Source) + own <= limits.SourceSlotsOf(job.Lane)
                        && slots.Count(j => j.Source == job.Source) + own <= limits.PerSource
                    )
                );
        }
    }

    private static List<FakeJob> Add(JobQueue queue, int count, Func<FakeJob> make)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => make()).ToList();
        foreach (var job in jobs)
        {
            queue.Add(job.Job);
        }
        return jobs;
    }

    private sealed class FakeReadiness : ISourceReadiness
    {
        public bool IsSlowReady { get; set; }

        public bool IsReady(string source) => source != "slow" || IsSlowReady;
    }
}

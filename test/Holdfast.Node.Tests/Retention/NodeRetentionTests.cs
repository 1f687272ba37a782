using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;

namespace Holdfast.Node.Tests.Retention;

/// <summary>Retention on a whole node, also with a clock that is wrong.</summary>
public sealed class NodeRetentionTests : NodeTestBase
{
    [Fact]
    public async Task Retention_deletes_old_chains_after_a_full_backup_and_keeps_the_newest()
    {
        var template = Template();
        await PutAsync(
            template with
            {
                Settings = template.Settings with { FullBackup = "0 11 * * *", Retention = new RetentionPolicy(TimeSpan.FromDays(1)) },
            }
        );
        foreach (var day in (int[])[25, 26, 27])
        {
            await ToAsync($"2026-11-{day}T11:00:00Z");
            var at = Time.GetUtcNow();
            await UntilAsync(() =>
                Node.StatusOf(Task("a").Id).LastFullBackup == at
                && Node.StatusOf(Task("b").Id).LastFullBackup == at
                && !Node.Operations.Running.Any()
            );
        }

        Assert.Equal(2, Directory.GetDirectories($"{Root}/nas/fake/a").Length); // the chain of the 25th is more than a day old
    }

    [Fact]
    public async Task A_wrong_clock_during_one_run_deletes_nothing()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        // The clock is set forward without time passing: a run starts, and both older chains look older than 14 days.
        Set(TimeSpan.FromDays(20));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        await UntilAsync(() => Node.Alerts.Active.Any(a => a.Kind == AlertKind.ClockJumped), () => Time.Advance(TimeSpan.FromSeconds(2)));
        // When it is set back, everything continues as before.
        Set(TimeSpan.FromDays(-20));
        await UntilAsync(() => Node.Alerts.Active.All(a => a.Kind != AlertKind.ClockJumped), () => Time.Advance(TimeSpan.FromSeconds(2)));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
    }

    [Fact]
    public async Task After_twenty_days_off_only_the_second_full_backup_deletes_expired_chains()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        await StopAsync();
        Set(TimeSpan.FromDays(20));
        Boot.Restart();
        await StartAsync();
        // The missed backup is caught up: the first full one.
        await UntilAsync(() => Chains().Length == 4 && !Node.Operations.Running.Any());
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        Assert.Equal(AlertKind.ClockJumped, Assert.Single(Node.Alerts.Active, a => a.Key == "clock").Kind);
        Time.Advance(TimeSpan.FromMinutes(61));
        await FullNowAsync();
        Assert.Equal((3, 0), (chains.Length, chains.Count(Directory.Exists)));
        Assert.Equal(2, Chains().Length);
    }

    [Fact]
    public async Task Retention_continues_when_an_operator_confirms_the_clock()
    {
        await WeeklyAsync();
        var chains = await FullsAsync("2026-11-28T11:00:00Z", "2026-12-05T11:00:00Z", "2026-12-12T11:00:00Z");
        Set(TimeSpan.FromDays(20));
        await FullNowAsync();
        Assert.True(chains.All(Directory.Exists), string.Join(' ', Chains()));
        await Node.Clock.ConfirmAsync(Token);
        Assert.DoesNotContain(
            AlertRules.Evaluate(
                new()
                {
                    Now = Time.GetUtcNow(),
                    StartedAt = Time.GetUtcNow(),
                    Clock = Node.Clock.Current,
                }
            ),
            a => a.Kind == AlertKind.ClockJumped
        );
        await FullNowAsync();
        Assert.Equal(0, chains.Count(Directory.Exists));
    }

    // Weekly full backups of one database, kept some 14 days.
    private async Task WeeklyAsync()
    {
        Source.Databases.Remove("b");
        await Node.Sources.Items.Single().DiscoverAsync(Token);
        var template = Template();
        await PutAsync(
            template with
            {
                Settings = template.Settings with { FullBackup = "0 11 * * 6", Retention = new RetentionPolicy(TimeSpan.FromDays(14.5)) },
            }
        );
    }

    private async Task<string[]> FullsAsync(params string[] times)
    {
        foreach (var time in times)
        {
            await ToAsync(time);
            var at = Time.GetUtcNow();
            await UntilAsync(() => Node.StatusOf(Task("a").Id).LastFullBackup == at && !Node.Operations.Running.Any());
        }

        return Chains();
    }

    private async Task FullNowAsync()
    {
        var operation = Node.BackUp(new(new("fake", "a"), Task("a").Settings, BackupKind.Full, Task("a")), "tester");
        await operation.Completion.WaitAsync(Patience, Token);
        Assert.Equal(OperationState.Completed, operation.Current.State);
    }

    // Sets the wall clock without time passing.
    private void Set(TimeSpan by)
    {
        Boot.Set += by;
        Time.AdjustTime(Time.GetUtcNow() + by);
    }

    private string[] Chains() => Directory.GetDirectories($"{Root}/nas/fake/a");
}

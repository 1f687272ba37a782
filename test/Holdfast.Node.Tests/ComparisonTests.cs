using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Tests.Catalog;

namespace Holdfast.Node.Tests;

/// <summary>A database that says of itself that nothing has changed is compared in full with its newest backup, once a day.</summary>
public sealed class ComparisonTests : BackedUpNode
{
    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async System.Threading.Tasks.Task An_unchanged_database_is_read_once_a_day_and_nothing_is_written(BackupType type)
    {
        await BackedUpOnceAsync(type);
        var read = 0;
        for (var hour = 0; hour < 72; hour++) read += (await HourlyAsync()).Result!.ReadInFull ? 1 : 0;
        Assert.Equal(3, read);
        Assert.Single(Archives("nas", "a"));
    }

    [Theory]
    [InlineData(BackupType.Snapshot)]
    [InlineData(BackupType.Backup)]
    public async System.Threading.Tasks.Task A_change_that_its_token_denies_is_backed_up_within_a_day_and_told(BackupType type)
    {
        await BackedUpOnceAsync(type);
        Source.Databases["a"][5000]++;
        Operation? seen = null;
        for (var hour = 0; hour < 24 && seen is null; hour++) seen = await HourlyAsync() is { Result.Unchanged: false } stored ? stored : null;
        Assert.Contains(seen!.Result!.Warnings, w => w.Contains("its change token had missed that", StringComparison.Ordinal));
        Assert.Equal((BackupKind.Incremental, 2), (seen.Result.Kind, Archives("nas", "a").Length));
        await RestoresAsync();
        Assert.True((await HourlyAsync()).Result!.Unchanged);
    }

    private async System.Threading.Tasks.Task BackedUpOnceAsync(BackupType type)
    {
        Source.FixedToken = "the same, whatever it holds";
        await CoverAsync("nas");
        var template = Node.State.Templates.Items.Single().Value;
        await Node.State.Templates.PutAsync(template.Id, template with { Settings = template.Settings with { Type = type } }, null, Token);
        await UntilAsync(() => Task.Settings.Type == type);
        await EndedAsync(Node.BackUp(new(Task.Database, Task.Settings, BackupKind.Full, Task), "tester"));
    }

    // What looked at the destination as the hour passed may have run into its time limit; then the destination answers the next time.
    private async Task<Operation> HourlyAsync()
    {
        Time.Advance(TimeSpan.FromHours(1));
        for (var attempt = 1; ; attempt++)
        {
            await UntilAsync(() => Node.Queue.Find(Task.Id) is null);
            var ended = await EndedAsync(Node.BackUp(new(Task.Database, Task.Settings, BackupKind.Incremental, Task), "tester"));
            if (ended.Result is not null) return ended;
            Assert.True(attempt < 10, $"{ended.State}: {ended.Error?.Message}");
        }
    }
}

using Holdfast.Archive.Age;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Destinations.Local;
using Holdfast.State.Embedded;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Node.Tests.Alerts;

/// <summary>Alerts of a whole node: each is active as long as its cause.</summary>
public sealed class AlertTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero));
    private readonly FakeSource _source = new();
    private EmbeddedStateStore _store = null!;
    private TestNode _node = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source.Databases["a"] = new byte[40 * 4096];
        _store = await EmbeddedStateStore.OpenAsync($"{_root}/state/state.db", _time, Token);
        _node = new(
            new()
            {
                Tag = "A",
                Key = AgeIdentity.Generate(),
                DestinationFactories = [new LocalDestinationFactory([_root])],
                Zone = TimeZoneInfo.Utc,
                ShutdownGrace = TimeSpan.FromSeconds(1),
            },
            _store,
            [new("fake", _source, true)],
            _time
        );
        await _node.StartAsync(Token);
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "nas",
                Kind = "local",
                Path = $"{_root}/nas",
            },
            0,
            Token
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync();
        await _node.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task An_uncovered_database_raises_an_alert_until_a_template_covers_it()
    {
        await StandsAsync(AlertKind.DatabaseUncovered);
        await PutAsync(Template());
        await EndsAsync(AlertKind.DatabaseUncovered);
        await PutAsync(Template() with { Excluded = ["fake/*"] });
        Assert.Equal(AlertSeverity.Info, (await StandsAsync(AlertKind.DatabaseUncovered)).Severity);
    }

    [Fact]
    public async Task A_template_without_destinations_raises_an_alert_until_it_has_one()
    {
        var template = Template();
        await PutAsync(template with { Settings = template.Settings with { Destinations = [] } });
        await StandsAsync(AlertKind.NoDestination);
        await PutAsync(template);
        await EndsAsync(AlertKind.NoDestination);
    }

    [Fact]
    public async Task A_failed_task_raises_an_alert_until_it_succeeds()
    {
        await PutAsync(Template());
        _source.Broken.Add("a");
        await BackUpAsync();
        var first = await StandsAsync(AlertKind.TaskFailed);
        Assert.Contains("locked", first.Message, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(10));
        await BackUpAsync();
        var second = await StandsAsync(AlertKind.TaskFailed);
        while (second == first)
        {
            second = await StandsAsync(AlertKind.TaskFailed);
        }
        Assert.Contains("2 times in a row", second.Message, StringComparison.Ordinal);
        Assert.Equal(first.Since, second.Since);
        _source.Broken.Clear();
        await BackUpAsync();
        await EndsAsync(AlertKind.TaskFailed);
    }

    [Fact]
    public async Task A_source_that_is_down_raises_an_alert_until_it_is_back()
    {
        _source.IsDown = true;
        await DiscoverAsync();
        await StandsAsync(AlertKind.SourceDown);
        _source.IsDown = false;
        await DiscoverAsync();
        await EndsAsync(AlertKind.SourceDown);
    }

    [Fact]
    public async Task A_failing_destination_raises_an_alert_until_it_stores_backups_again()
    {
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "broken",
                Kind = "local",
                Path = $"{_root}/broken",
            },
            0,
            Token
        );
        await File.WriteAllTextAsync($"{_root}/broken/fake", "a file where a folder should be", Token);
        var template = Template();
        await PutAsync(template with { Settings = template.Settings with { Destinations = ["nas", "broken"] } });
        await BackUpAsync();
        Assert.Equal("broken", (await StandsAsync(AlertKind.DestinationFailing)).Subject.Destination);
        await PutAsync(template with { Settings = template.Settings with { Destinations = ["broken"] } });
        await BackUpAsync();
        await StandsAsync(AlertKind.TaskFailed);
        await StandsAsync(AlertKind.DestinationFailing);
        File.Delete($"{_root}/broken/fake");
        await BackUpAsync();
        await EndsAsync(AlertKind.DestinationFailing);
    }

    [Fact]
    public async Task A_wrong_destination_raises_an_alert_before_any_backup_runs_and_backups_complete_with_errors()
    {
        await _node.Destinations.PutAsync(
            new()
            {
                Name = "second",
                Kind = "local",
                Path = $"{_root}/second",
            },
            0,
            Token
        );
        Directory.Move($"{_root}/second", $"{_root}/away");
        Directory.CreateDirectory($"{_root}/second");
        Assert.Equal("second", (await StandsAsync(AlertKind.DestinationIdentity)).Subject.Destination);
        var template = Template();
        await PutAsync(template with { Settings = template.Settings with { Destinations = ["nas", "second"] } });
        await BackUpAsync();
        Assert.Equal(OperationState.CompletedWithErrors, _node.StatusOf(Task().Id).LastState);
        Assert.Empty(Directory.GetFileSystemEntries($"{_root}/second"));
        Assert.DoesNotContain(_node.Alerts.Active, a => a.Kind == AlertKind.DestinationFailing); // the identity alert already covers it
        Directory.Delete($"{_root}/second");
        Directory.Move($"{_root}/away", $"{_root}/second");
        await EndsAsync(AlertKind.DestinationIdentity);
    }

    [Fact]
    public async Task A_database_that_shrank_by_more_than_half_raises_an_alert_until_the_next_backup()
    {
        await PutAsync(Template());
        await BackUpAsync();
        _source.Databases["a"] = new byte[19 * 4096];
        await BackUpAsync();
        await StandsAsync(AlertKind.SizeDropped);
        await BackUpAsync();
        await EndsAsync(AlertKind.SizeDropped);
    }

    [Fact]
    public async Task An_unreadable_value_raises_an_alert_until_it_is_deleted_or_replaced()
    {
        foreach (
            var repair in (byte[]?[])
                [
                    null,
                    """
                    {
                      "id": "x",
                      "name": "x",
                      "scheduledSince": "2026-11-25T10:00:00Z",
                      "settings": { "type": "Backup", "fullBackup": "0 0 * * *", "destinations": ["nas"] }
                    }
                    """u8.ToArray(),
                ]
        )
        {
            await _store.CommitAsync(new() { Changes = [new("templates/x", "{"u8.ToArray())] }, Token);
            Assert.Contains("templates/x", (await StandsAsync(AlertKind.StateUnreadable)).Message, StringComparison.Ordinal);
            await _store.CommitAsync(new() { Changes = [repair is null ? new("templates/x", null) : new("templates/x", repair)] }, Token);
            await EndsAsync(AlertKind.StateUnreadable);
        }
    }

    [Fact]
    public async Task A_reported_alert_stays_active_until_it_is_withdrawn()
    {
        _node.Alerts.Report(
            new()
            {
                Key = "webhook",
                Kind = AlertKind.WebhookFailing,
                Severity = AlertSeverity.Warning,
                Since = _time.GetUtcNow(),
                Subject = AlertSubject.Node,
                Message = "It does not answer.",
            }
        );
        await StandsAsync(AlertKind.WebhookFailing);
        _node.Alerts.Withdraw("webhook");
        await EndsAsync(AlertKind.WebhookFailing);
    }

    [Fact]
    public async Task Retention_that_would_delete_most_chains_waits_until_an_operator_approves_them()
    {
        var template = Template();
        await PutAsync(template);
        for (var i = 0; i < 6; i++)
        {
            await BackUpAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }

        await PutAsync(template with { Settings = template.Settings with { Retention = new RetentionPolicy(TimeSpan.FromDays(1)) } });
        _time.Advance(TimeSpan.FromDays(2) + TimeSpan.FromHours(2));
        await BackUpAsync();
        Assert.Equal("nas", (await StandsAsync(AlertKind.RetentionWaiting)).Subject.Destination);
        Assert.True(Chains() >= 7);

        var shown = Assert.Single(await _node.RetentionService.PreviewAsync(Task(), Token));
        Assert.NotEqual(RetentionGuard.None, shown.Plan!.Guard);
        Assert.Empty(shown.Plan.Deletable);
        await Idle();
        Assert.Empty(Assert.Single(await _node.RetentionService.RunAsync(Task(), Token)).Deleted);
        var all = Chains();
        string[] approved = [.. shown.Plan.Expired.Select(c => c.Path).SkipLast(1), shown.Plan.Retained[^1].Path, "../../etc", "fake/a"];
        var run = Assert.Single(
            await _node.RetentionService.ApproveAsync(
                Task(),
                new Dictionary<string, IReadOnlyList<string>> { ["nas"] = approved, ["other"] = approved },
                Token
            )
        );
        Assert.Equal(shown.Plan.Expired.Select(c => c.Path).SkipLast(1), run.Deleted);
        Assert.Equal(all - run.Deleted.Count, Chains());
        await _node.RetentionService.ApproveAsync(
            Task(),
            new Dictionary<string, IReadOnlyList<string>> { ["nas"] = [.. run.Plan!.Expired.Select(c => c.Path)] },
            Token
        );
        await EndsAsync(AlertKind.RetentionWaiting);
    }

    private static Template Template() =>
        new()
        {
            Id = "0123456789",
            Name = "nightly",
            ScheduledSince = new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.Zero),
            Settings = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "30 3 1 1 *",
                TimeZone = "UTC",
                Destinations = ["nas"],
            },
        };

    private BackupTask Task() => _node.Tasks.Of(new("fake", "a")).Single();

    private int Chains() => Directory.GetDirectories($"{_root}/nas/fake/a").Length;

    private async Task PutAsync(Template template) => await _node.State.Templates.PutAsync(template.Id, template, null, Token);

    private Task DiscoverAsync() => _node.Sources.Items.Single().DiscoverAsync(Token);

    private async Task BackUpAsync()
    {
        await DiscoverAsync();
        await _node.BackUp(new(new("fake", "a"), Task().Settings, BackupKind.Full, Task()), "tester").Completion.WaitAsync(Patience, Token);
        await Idle();
        _time.Advance(TimeSpan.FromSeconds(2)); // so that the next archive gets another name
    }

    // An operation ends a moment before another one of its task can start.
    private async Task Idle() => await UntilAsync(() => _node.Queue.Running == 0 ? "" : null, "idle");

    private async Task<Alert> StandsAsync(AlertKind kind) =>
        await UntilAsync(() => _node.Alerts.Active.FirstOrDefault(a => a.Kind == kind), $"{kind} is active");

    private async Task EndsAsync(AlertKind kind) =>
        await UntilAsync(() => _node.Alerts.Active.Any(a => a.Kind == kind) ? null : "", $"{kind} is resolved");

    // Advances the clock a little each time, because alerts are evaluated at most every few seconds.
    private async Task<T> UntilAsync<T>(Func<T?> look, string what)
        where T : class
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            if (look() is { } found)
            {
                return found;
            }
            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(started) < Patience,
                $"Not so: {what}. Alerts: {string.Join("; ", _node.Alerts.Active)}"
            );
            await System.Threading.Tasks.Task.Delay(5, Token);
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }
    }
}

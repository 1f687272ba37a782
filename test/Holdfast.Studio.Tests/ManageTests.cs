using Holdfast.Api.Destinations;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Sources;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Components.Setup;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Pages.Alerts;
using Holdfast.Studio.Pages.Destinations;

namespace Holdfast.Studio.Tests;

/// <summary>The logic of the pages that manage the server.</summary>
public sealed class ManageTests
{
    private static readonly DateTimeOffset Now = new(2027, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_destination_that_a_backup_could_not_reach_is_failing_whatever_its_test_said()
    {
        var nas = new DestinationView
        {
            Name = "nas",
            Kind = "local",
            Path = "/backup",
        };
        var alert = Alert(AlertSeverity.Error, new() { Destination = "nas" });
        var good = new DestinationTestView(1, Now);
        var bad = new DestinationTestView(null, Now, new OperationError("x", "No room.", "Make some."));
        Assert.Equal(("Failing", "m"), Look(DestinationRow.Of(nas, good, [alert], [])));
        var another = alert with { Kind = AlertKind.DestinationIdentity, Hint = "h" };
        Assert.Equal(("Not recognized", "m. h"), Look(DestinationRow.Of(nas, bad, [alert, another], [])));
        Assert.Equal(
            (true, false),
            (DestinationRow.Of(nas, bad, [alert, another], []).CanInitialize, DestinationRow.Of(nas, bad, [alert], []).CanInitialize)
        );
        Assert.Equal(("Test failed", "No room. Make some."), Look(DestinationRow.Of(nas, bad, [], [])));
        Assert.Equal(("Works", null), Look(DestinationRow.Of(nas, good, [Alert(AlertSeverity.Error, new() { Destination = "tape" })], [])));
        Assert.Equal(("Not tested", null), Look(DestinationRow.Of(nas, new(null), [], [])));
        Assert.Equal(["nightly"], DestinationRow.Of(nas, good, [], [Template("nightly", ["nas"]), Template("weekly", ["tape"])]).Tasks);
        static (string, string?) Look(DestinationRow row) => (row.Appearance.Label, row.Problem);
    }

    [Fact]
    public void A_destination_shows_its_limits_its_requests_and_what_uploads_have_left()
    {
        var config = new DestinationView { Name = "offsite", Kind = "s3" };
        var test = new DestinationTestView(null, Now) { Notes = ["The access key may not delete."] };
        var row = DestinationRow.Of(config, test, [], []);
        Assert.Empty(row.With(null).Notes);
        var quiet = new DestinationStatusView { Node = "A", Deletes = true };
        Assert.Equal(["The access key may not delete."], row.With(quiet).Notes);
        var busy = quiet with
        {
            Deletes = false,
            LifecycleRule = "{}",
            WaitingUntil = Now,
            UnfinishedUploads = new(Now, 1, 2, null),
            Requests = new(10, 2, 3, 4, 1 << 20, 0),
        };
        var shown = row.With(busy);
        Assert.Equal("{}", shown.LifecycleRule);
        Assert.Equal(5, shown.Notes.Count);
        Assert.Contains("left to the bucket", shown.Notes[1], StringComparison.Ordinal);
        Assert.Contains("upload window", shown.Notes[2], StringComparison.Ordinal);
        Assert.Contains("1 unfinished upload; 2 older than a day removed", shown.Notes[3], StringComparison.Ordinal);
        Assert.Contains("10 PUT, 2 LIST, 3 GET, 4 DELETE", shown.Notes[4], StringComparison.Ordinal);
        var failed = busy with { UnfinishedUploads = new(Now, 0, 0, new("destination-denied", "No right.", "Grant it.")) };
        Assert.Contains("No right. Grant it.", row.With(failed).Notes[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_are_counted_and_filtered_by_severity()
    {
        var list = new AlertList([Alert(AlertSeverity.Error), Alert(AlertSeverity.Error), Alert(AlertSeverity.Info)]);
        Assert.Equal([(AlertSeverity.Error, 2), (AlertSeverity.Info, 1)], list.Counts);
        Assert.Equal((3, 2, 3, 0), (list.Total, list.Count("error"), list.Count("nonsense"), list.Count("Warning")));
        Assert.Single(list.Shown("Error", 1));
        Assert.Null(AlertList.Parse("17"));
    }

    [Fact]
    public void An_alert_links_to_its_subject()
    {
        var templates = new Dictionary<string, string> { ["t1"] = "nightly run" };
        Assert.Equal(
            ("/databases/shop%2Fa%20b/tasks", "shop/a b"),
            AlertLinks.Of(
                new()
                {
                    Database = "shop/a b",
                    Source = "shop",
                    Template = "t1",
                },
                templates
            )
        );
        Assert.Equal(("/server-wide-backup/nightly%20run", "nightly run"), AlertLinks.Of(new() { Template = "t1" }, templates));
        Assert.Equal(("/server/destinations", "nas"), AlertLinks.Of(new() { Destination = "nas" }, templates));
        Assert.Equal(("/server/sources", "shop"), AlertLinks.Of(new() { Source = "shop" }, templates));
        Assert.Null(AlertLinks.Of(AlertSubject.Node, templates));
    }

    [Fact]
    public void The_setup_is_done_when_a_task_covers_a_database()
    {
        var source = new SourceView("shop", "sqlite", 0, null, null);
        Assert.Equal("Source", FirstStepsProgress.Of([], 0, []).CurrentStep!.Title);
        Assert.Equal("Source", FirstStepsProgress.Of([source], 1, []).CurrentStep!.Title);
        Assert.Equal("Destination", FirstStepsProgress.Of([source with { Databases = 3 }], 0, []).CurrentStep!.Title);
        var third = FirstStepsProgress.Of([source with { Databases = 3 }], 1, []);
        Assert.Equal(("Task", "/server-wide-backup/new"), (third.CurrentStep!.Title, third.CurrentStep.Address));
        Assert.Contains("3 databases found in 1 source.", third.Steps[0].Text, StringComparison.Ordinal);
        Assert.Equal(
            "/server-wide-backup",
            FirstStepsProgress.Of([source with { Databases = 3 }], 1, [Template("nightly", [])]).CurrentStep!.Address
        );
        Assert.True(FirstStepsProgress.Of([source with { Databases = 3 }], 1, [Template("nightly", ["nas"], covered: 3)]).IsDone);
    }

    [Fact]
    public void Requests_in_the_audit_log_are_shown_as_actions()
    {
        Assert.Equal("Create or change user", AuditFormatter.Action("PUT /api/v1/users/{name}"));
        Assert.Equal("Create API token", AuditFormatter.Action("POST /api/v1/tokens/"));
        Assert.Equal("PATCH /something", AuditFormatter.Action("PATCH /api/v1/something"));
        Assert.Equal("bob", AuditFormatter.Subject("name=bob"));
        Assert.Equal("monthly logical", AuditFormatter.Subject("name=monthly logical"));
        Assert.Equal("demo/a b.db, e33", AuditFormatter.Subject("id=demo/a b.db taskId=e33"));
        Assert.Equal("demo/a.db, demo/b c.db, 01ab", AuditFormatter.Subject("from=demo/a.db target=demo/b c.db operation=01ab"));
        Assert.Equal("01ab", AuditFormatter.FindOperationId("from=demo/a.db target=demo/b c.db operation=01ab"));
        Assert.Null(AuditFormatter.FindOperationId("from=demo/operation=1 target=demo/b"));
        Assert.Null(AuditFormatter.FindOperationId(null));
        Assert.Equal("Started", AuditFormatter.Result("202").Label); // its outcome is not known yet
        Assert.Equal(
            ("Done", "Not allowed (403)", "Failed (500)"),
            (AuditFormatter.Result("204").Label, AuditFormatter.Result("403").Label, AuditFormatter.Result("500").Label)
        );
    }

    private static Alert Alert(AlertSeverity severity, AlertSubject? subject = null) =>
        new()
        {
            Key = Guid.NewGuid().ToString(),
            Kind = AlertKind.DestinationFailing,
            Severity = severity,
            Since = Now,
            Subject = subject ?? AlertSubject.Node,
            Message = "m",
        };

    private static TemplateView Template(string name, string[] destinations, int covered = 0) =>
        new()
        {
            Id = name,
            Name = name,
            Definition = new TaskDefinition { Type = Core.Tasks.BackupType.Snapshot, Destinations = destinations },
            Counts = new(covered, 0, 0, 0, 0) { States = new Dictionary<string, int> { ["Covered"] = covered } },
            Summary = "",
        };
}

using Holdfast.Api.Destinations;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Studio.Formatting;
using MudBlazor;

namespace Holdfast.Studio.Pages.Destinations;

/// <summary>A row of the table of destinations.</summary>
/// <param name="Config">Its definition.</param>
/// <param name="Test">The result of its last test.</param>
/// <param name="Appearance">Its state.</param>
/// <param name="Problem">What is wrong with it; null if nothing is.</param>
/// <param name="Tasks">Server-wide tasks that use it.</param>
/// <param name="CanInitialize">Whether its identity is missing or wrong, so that an operator may initialize it.</param>
internal sealed record DestinationRow(
    DestinationView Config,
    DestinationTestView Test,
    StateAppearance Appearance,
    string? Problem,
    IReadOnlyList<string> Tasks,
    bool CanInitialize
)
{
    /// <summary>Notes on its use: what the last test found out, limits that apply now, requests, and what is left of uploads.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The lifecycle rule that its bucket needs; null if it needs none.</summary>
    public string? LifecycleRule { get; init; }

    /// <summary>The same row with what the node knows about the use of the destination.</summary>
    public DestinationRow With(DestinationStatusView? status) =>
        status is null ? this : this with { Notes = [.. Test.Notes, .. NotesOf(status)], LifecycleRule = status.LifecycleRule };

    private static IEnumerable<string> NotesOf(DestinationStatusView status)
    {
        if (!status.Deletes)
        {
            yield return status.LifecycleRule is null
                ? "Retention is left to the bucket."
                : "Retention is left to the bucket, with the lifecycle rule below.";
        }
        if (status.WaitingUntil is { } until)
        {
            yield return $"Uploads wait for the upload window, which opens at {DisplayFormat.Time(until)} UTC.";
        }
        if (status.UnfinishedUploads is { Problem: { } problem })
        {
            yield return Sentence.Join($"Unfinished uploads cannot be removed: {problem.Message}", problem.Hint);
        }
        else if (status.UnfinishedUploads is { } unfinished && unfinished.Count + unfinished.Removed > 0)
        {
            yield return $"{Plural.Of(unfinished.Count, "unfinished upload")}; {unfinished.Removed} older than a day removed.";
        }
        if (status.Requests is { } r)
        {
            yield return $"Requests since the start: {r.Puts:N0} PUT, {r.Lists:N0} LIST, {r.Gets:N0} GET, {r.Deletes:N0} DELETE; "
                + $"{DisplayFormat.Bytes(r.BytesSent)} sent, {DisplayFormat.Bytes(r.BytesReceived)} received.";
        }
    }

    private static readonly StateAppearance IdentityMismatch = new("Not recognized", "bad", Icons.Material.Filled.Error);
    private static readonly StateAppearance Failing = new("Failing", "bad", Icons.Material.Filled.Error);
    private static readonly StateAppearance TestFailed = new("Test failed", "bad", Icons.Material.Filled.Error);
    private static readonly StateAppearance Works = new("Works", "good", Icons.Material.Filled.CheckCircle);
    private static readonly StateAppearance NotTested = new("Not tested", "quiet", Icons.Material.Filled.HelpOutline);

    public static DestinationRow Of(
        DestinationView config,
        DestinationTestView test,
        IReadOnlyList<Alert> failing,
        IReadOnlyList<TemplateView> templates
    )
    {
        var own = failing.Where(a => a.Subject.Destination == config.Name).ToList();
        var identity = own.Find(a => a.Kind == AlertKind.DestinationIdentity);
        var (look, problem) =
            identity is not null ? (IdentityMismatch, Sentence.Join(identity.Message, identity.Hint))
            : own.Count > 0 ? (Failing, own[0].Message)
            : test.Problem is { } error ? (TestFailed, Sentence.Join(error.Message, error.Hint))
            : test.At is not null ? (Works, null)
            : (NotTested, (string?)null);
        return new(
            config,
            test,
            look,
            problem,
            [.. templates.Where(t => t.Definition.Destinations.Contains(config.Name)).Select(t => t.Name)],
            identity is not null
        );
    }
}

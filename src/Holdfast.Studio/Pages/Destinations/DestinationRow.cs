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

using Holdfast.Api.Sources;
using Holdfast.Studio.Formatting;
using MudBlazor;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>How a source is shown.</summary>
internal static class SourceAppearance
{
    /// <summary>Its state.</summary>
    public static StateAppearance Of(SourceView source) =>
        source switch
        {
            { Problem.Code: "source-identity" } => new("Another one", "bad", Icons.Material.Filled.Error),
            { Problem.Code: "source-shrunk" } => new("Databases missing", "bad", Icons.Material.Filled.ReportProblem),
            { Problem.Code: "source-silent" } => new("Does not answer", "bad", Icons.Material.Filled.HourglassDisabled),
            { Problem: not null } => new("Cannot be read", "bad", Icons.Material.Filled.Error),
            { LastDiscovery: null } => new("Not looked at yet", "quiet", Icons.Material.Filled.HourglassEmpty),
            _ => new("Readable", "good", Icons.Material.Filled.CheckCircle),
        };
}

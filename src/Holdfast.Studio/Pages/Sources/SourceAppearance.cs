using Holdfast.Api.Sources;
using Holdfast.Studio.Formatting;
using MudBlazor;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>The appearance of the state of a source.</summary>
internal static class SourceAppearance
{
    /// <summary>Returns the appearance of its state.</summary>
    public static StateAppearance Of(SourceView source) =>
        source switch
        {
            { Problem.Code: "source-identity" } => new("Different source", "bad", Icons.Material.Filled.Error),
            { Problem.Code: "source-shrunk" } => new("Databases missing", "bad", Icons.Material.Filled.ReportProblem),
            { Problem.Code: "source-silent" } => new("No response", "bad", Icons.Material.Filled.HourglassDisabled),
            { Problem: not null } => new("Cannot be read", "bad", Icons.Material.Filled.Error),
            { LastDiscovery: null } => new("Not discovered yet", "quiet", Icons.Material.Filled.HourglassEmpty),
            _ => new("Readable", "good", Icons.Material.Filled.CheckCircle),
        };
}

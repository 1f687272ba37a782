using Holdfast.Server.Endpoints;
using Holdfast.Studio.Words;
using MudBlazor;

namespace Holdfast.Studio.Pages.Manage;

/// <summary>How a source is shown.</summary>
internal static class SourceLook
{
    /// <summary>Its state.</summary>
    public static StateLook Of(SourceView source) =>
        source switch
        {
            { Problem.Code: "source-identity" } => new("Another one", "bad", Icons.Material.Filled.Error),
            { Problem.Code: "source-shrunk" } => new("Databases missing", "bad", Icons.Material.Filled.ReportProblem),
            { Problem.Code: "source-silent" } => new("Does not answer", "bad", Icons.Material.Filled.HourglassDisabled),
            { Problem: not null } => new("Cannot be read", "bad", Icons.Material.Filled.Error),
            { LastLook: null } => new("Not looked at yet", "quiet", Icons.Material.Filled.HourglassEmpty),
            _ => new("Readable", "good", Icons.Material.Filled.CheckCircle),
        };
}

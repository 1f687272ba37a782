using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Sources;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Components.Setup;

/// <summary>Progress of the setup of a server, up to its first backup.</summary>
/// <param name="Steps">The steps: source, destination, task.</param>
internal sealed record FirstStepsProgress(IReadOnlyList<FirstStepsProgress.Step> Steps)
{
    /// <summary>A completed setup.</summary>
    public static readonly FirstStepsProgress Done = new([]);

    /// <summary>Whether all steps are done.</summary>
    public bool IsDone => Steps.All(s => s.IsDone);

    /// <summary>The first step that is not done; null if all are.</summary>
    public Step? CurrentStep => Steps.FirstOrDefault(s => !s.IsDone);

    /// <summary>Determines the progress.</summary>
    /// <param name="sources">All sources.</param>
    /// <param name="destinations">Number of destinations.</param>
    /// <param name="templates">All server-wide tasks.</param>
    public static FirstStepsProgress Of(IReadOnlyList<SourceView> sources, int destinations, IReadOnlyList<TemplateView> templates)
    {
        if (templates.Any(t => !t.Definition.Disabled && Covered(t) > 0))
        {
            return Done;
        }
        var databases = sources.Sum(s => s.Databases);
        return new([
            new("Source", Text(sources, databases), "Add a source", "/server/sources", databases > 0),
            new(
                "Destination",
                destinations > 0
                    ? $"{Plural.Of(destinations, "destination")} defined."
                    : "Define where backups are stored: a folder on another disk or machine.",
                "Add a destination",
                "/server/destinations?add=new",
                destinations > 0
            ),
            new(
                "Task",
                "One server-wide task backs up all databases, including those that are created later.",
                templates.Count > 0 ? "View the task" : "Add a server-wide backup task",
                templates.Count > 0 ? "/server-wide-backup" : "/server-wide-backup/new",
                false
            ),
        ]);
    }

    private static string Text(IReadOnlyList<SourceView> sources, int databases) =>
        databases > 0 ? $"{Plural.Of(databases, "database")} found in {Plural.Of(sources.Count, "source")}."
        : sources.Count > 0 ? "The source is configured, but no database has been found in it yet."
        : "Specify the directory or the server that contains your databases.";

    private static int Covered(TemplateView template) => template.Counts.States.Values.Sum();

    /// <summary>A step.</summary>
    /// <param name="Title">Its title.</param>
    /// <param name="Text">Its purpose, or its result.</param>
    /// <param name="Button">Label of the button.</param>
    /// <param name="Address">URL of the page for it.</param>
    /// <param name="IsDone">Whether it is done.</param>
    public sealed record Step(string Title, string Text, string Button, string Address, bool IsDone);
}

using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Sources;
using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Components;

/// <summary>How far a server is on the way to its first backup.</summary>
/// <param name="Steps">Source, destination, task.</param>
internal sealed record FirstStepsProgress(IReadOnlyList<FirstStepsProgress.Step> Steps)
{
    /// <summary>Nothing is left to do.</summary>
    public static readonly FirstStepsProgress Done = new([]);

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsDone => Steps.All(s => s.IsDone);

    /// <summary>What is to be done now.</summary>
    public Step? CurrentStep => Steps.FirstOrDefault(s => !s.IsDone);

    /// <summary>Finds out.</summary>
    /// <param name="sources">All sources.</param>
    /// <param name="destinations">How many destinations there are.</param>
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
                    : "Say where backups go: a folder on another disk or machine.",
                "Add a destination",
                "/server/destinations?add=local",
                destinations > 0
            ),
            new(
                "Task",
                "One server-wide task backs up every database, today's and tomorrow's.",
                templates.Count > 0 ? "Look at the task" : "Add a server-wide backup task",
                templates.Count > 0 ? "/server-wide-backup" : "/server-wide-backup/new",
                false
            ),
        ]);
    }

    private static string Text(IReadOnlyList<SourceView> sources, int databases) =>
        databases > 0 ? $"{Plural.Of(databases, "database")} found in {Plural.Of(sources.Count, "source")}."
        : sources.Count > 0 ? "The source is there, and no database was found in it yet."
        : "Name the directory that your databases lie in.";

    private static int Covered(TemplateView template) => template.Counts.States.Values.Sum();

    /// <summary>A step.</summary>
    /// <param name="Title">Its name.</param>
    /// <param name="Text">What it is for, or what came of it.</param>
    /// <param name="Button">What to do.</param>
    /// <param name="Address">Where.</param>
    /// <param name="IsDone">Whether it is done.</param>
    public sealed record Step(string Title, string Text, string Button, string Address, bool IsDone);
}

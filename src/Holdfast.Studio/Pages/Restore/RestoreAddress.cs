namespace Holdfast.Studio.Pages.Restore;

/// <summary>Where a person is in the wizard, as its address says it. Keys never stand there.</summary>
public sealed record RestoreAddress
{
    /// <summary>Value of <see cref="Step"/> for the summary.</summary>
    public const string SummaryStep = "summary";

    /// <summary>A database's id, <c>destination:NAME/path</c>, or a path; null at the beginning.</summary>
    public string? From { get; init; }

    /// <summary>The point, as a time in file names; null before one is chosen.</summary>
    public string? Point { get; init; }

    /// <summary>The destination to read from, where several have the point; null for the first.</summary>
    public string? At { get; init; }

    /// <summary>Id of the new database; null before it is named.</summary>
    public string? Target { get; init; }

    /// <summary><see cref="SummaryStep"/>, or null for the first step that is open.</summary>
    public string? Step { get; init; }

    /// <summary>The restore that was begun; null before.</summary>
    public string? Operation { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        (string Name, string? Value)[] all =
        [
            ("from", From),
            ("point", Point),
            ("at", At),
            ("target", Target),
            ("step", Step),
            ("operation", Operation),
        ];
        var query = string.Join(
            '&',
            all.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}")
        );
        return query.Length == 0 ? "/restore" : $"/restore?{query}";
    }

    /// <summary>The way back to a step: what comes after it is left out.</summary>
    public RestoreAddress BackTo(RestoreStep step) =>
        step switch
        {
            RestoreStep.Location => new(),
            RestoreStep.Point => new() { From = From },
            RestoreStep.Summary => this with { Step = SummaryStep, Operation = null },
            _ => this with { Step = null, Operation = null },
        };
}

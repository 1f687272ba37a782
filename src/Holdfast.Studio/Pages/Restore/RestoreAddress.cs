namespace Holdfast.Studio.Pages.Restore;

/// <summary>The state of the restore wizard, as its URL contains it. Keys are never part of it.</summary>
public sealed record RestoreAddress
{
    /// <summary>Value of <see cref="Step"/> for the summary.</summary>
    public const string SummaryStep = "summary";

    /// <summary>Id of a database, <c>destination:NAME/path</c> or a path; null in the first step.</summary>
    public string? From { get; init; }

    /// <summary>The restore point, as its time in file names; null until one is selected.</summary>
    public string? Point { get; init; }

    /// <summary>The destination to read from; null for the first that has the restore point.</summary>
    public string? At { get; init; }

    /// <summary>Id of the new database; null until it is named.</summary>
    public string? Target { get; init; }

    /// <summary><see cref="SummaryStep"/>, or null for the first step that is not done.</summary>
    public string? Step { get; init; }

    /// <summary>Id of the restore operation; null before it is started.</summary>
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

    /// <summary>The address of an earlier step, without the input of later ones.</summary>
    public RestoreAddress BackTo(RestoreStep step) =>
        step switch
        {
            RestoreStep.Location => new(),
            RestoreStep.Point => new() { From = From },
            RestoreStep.Summary => this with { Step = SummaryStep, Operation = null },
            _ => this with { Step = null, Operation = null },
        };
}

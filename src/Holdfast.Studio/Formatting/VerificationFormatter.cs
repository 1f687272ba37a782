using Holdfast.Core.Errors;
using Holdfast.Studio.Chains;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>What is known of archives by reading them.</summary>
public static class VerificationFormatter
{
    /// <summary>A destination's copy of a chain, with its name.</summary>
    public static StateAppearance Of(ChainCopy holding) =>
        holding.DamagedCount > 0 ? new(holding.Location, "bad", Icons.Material.Filled.Error)
        : holding.IsComplete ? new(holding.Location, "good", Icons.Material.Filled.CheckCircle)
        : new(holding.Location, "warn", Icons.Material.Filled.Warning);

    /// <summary>When a destination's copy was verified, and what was found.</summary>
    public static string Text(ChainCopy holding, DateTimeOffset now) =>
        holding switch
        {
            { Check: null } => "never verified",
            { DamagedCount: > 0 } =>
                $"{Plural.Of(holding.DamagedCount, "archive")} damaged, found {DisplayFormat.Ago(holding.Check.At, now)}",
            { UndecryptableCount: > 0 } => $"not verified: the server has no key for {Plural.Of(holding.UndecryptableCount, "archive")}",
            _ => $"verified {DisplayFormat.Ago(holding.Check.At, now)}",
        };

    /// <summary>One restore point.</summary>
    public static StateAppearance Of(RestorePointSummary point) =>
        point.Problems.Any(p => !ChainCopy.IsKeyProblem(p.Problem))
            ? new(
                $"Damaged at {string.Join(", ", point.Problems.Where(p => !ChainCopy.IsKeyProblem(p.Problem)).Select(p => p.Location))}",
                "bad",
                Icons.Material.Filled.Error
            )
        : point.VerifiedAt.Count > 0
            ? new(
                point.VerifiedAt.Count == point.Locations.Count ? "Verified" : $"At {string.Join(", ", point.VerifiedAt)}",
                "good",
                Icons.Material.Filled.CheckCircle
            )
        : point.Problems.Count > 0 ? new("No key here", "quiet", Icons.Material.Outlined.KeyOff)
        : new("Not yet", "quiet", Icons.Material.Outlined.HelpOutline);

    /// <summary>What is wrong with it, and what to do; null where nothing is known to be.</summary>
    public static string? Reason(RestorePointSummary point) =>
        point.Problems.Count == 0
            ? null
            : string.Join(' ', point.Problems.Select(p => $"{p.Location}: {Sentence.Join(p.Problem.Message, p.Problem.Hint)}"));
}

using Holdfast.Core.Errors;
using Holdfast.Studio.Chains;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats results of verifications.</summary>
public static class VerificationFormatter
{
    /// <summary>The state of a copy of a chain, with the name of its destination.</summary>
    public static StateAppearance Of(ChainCopy copy) =>
        copy.DamagedCount > 0 ? new(copy.Location, "bad", Icons.Material.Filled.Error)
        : copy is { IsExpiring: true, IsComplete: false } ? new(copy.Location, "quiet", Icons.Material.Outlined.AutoDelete)
        : copy.IsComplete ? new(copy.Location, "good", Icons.Material.Filled.CheckCircle)
        : new(copy.Location, "warn", Icons.Material.Filled.Warning);

    /// <summary>When a copy was last verified, and the result.</summary>
    public static string Text(ChainCopy copy, DateTimeOffset now) =>
        copy switch
        {
            { Check: null } => "never verified",
            { DamagedCount: > 0 } => $"{Plural.Of(copy.DamagedCount, "archive")} damaged, found {DisplayFormat.Ago(copy.Check.At, now)}",
            { UndecryptableCount: > 0 } => $"not verified: the server has no key for {Plural.Of(copy.UndecryptableCount, "archive")}",
            _ => $"verified {DisplayFormat.Ago(copy.Check.At, now)}",
        };

    /// <summary>The result for one restore point.</summary>
    public static StateAppearance Of(RestorePointSummary point) =>
        point.Problems.Any(p => !ChainCopy.IsKeyProblem(p.Problem))
            ? new(
                $"Damaged at {string.Join(", ", point.Problems.Where(p => !ChainCopy.IsKeyProblem(p.Problem)).Select(p => p.Location))}",
                "bad",
                Icons.Material.Filled.Error
            )
        : point.VerifiedAt.Count > 0
            ? new(
                point.VerifiedAt.Count == point.Locations.Count ? "Verified" : $"Verified at {string.Join(", ", point.VerifiedAt)}",
                "good",
                Icons.Material.Filled.CheckCircle
            )
        : point.Problems.Count > 0 ? new("No key", "quiet", Icons.Material.Outlined.KeyOff)
        : new("Not verified", "quiet", Icons.Material.Outlined.HelpOutline);

    /// <summary>The known problems of a restore point, and what to do; null if there are none.</summary>
    public static string? Reason(RestorePointSummary point) =>
        point.Problems.Count == 0
            ? null
            : string.Join(' ', point.Problems.Select(p => $"{p.Location}: {Sentence.Join(p.Problem.Message, p.Problem.Hint)}"));
}

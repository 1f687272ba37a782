using Holdfast.Core.Errors;
using Holdfast.Studio.Chains;
using MudBlazor;

namespace Holdfast.Studio.Words;

/// <summary>What is known of archives by reading them.</summary>
public static class VerificationWords
{
    /// <summary>A destination's copy of a chain, with its name.</summary>
    public static StateLook Of(ChainHolding holding) =>
        holding.Damaged > 0 ? new(holding.Place, "bad", Icons.Material.Filled.Error)
        : holding.IsWhole ? new(holding.Place, "good", Icons.Material.Filled.CheckCircle)
        : new(holding.Place, "warn", Icons.Material.Filled.Warning);

    /// <summary>When a destination's copy was verified, and what was found.</summary>
    public static string Text(ChainHolding holding, DateTimeOffset now) =>
        holding switch
        {
            { Check: null } => "never verified",
            { Damaged: > 0 } => $"{Plural.Of(holding.Damaged, "archive")} damaged, found {Amounts.Ago(holding.Check.At, now)}",
            { Keyless: > 0 } => $"not verified: the server has no key for {Plural.Of(holding.Keyless, "archive")}",
            _ => $"verified {Amounts.Ago(holding.Check.At, now)}",
        };

    /// <summary>One restore point.</summary>
    public static StateLook Of(PointSummary point) =>
        point.Problems.Any(p => !ChainHolding.IsKeyless(p.Problem))
            ? new(
                $"Damaged at {string.Join(", ", point.Problems.Where(p => !ChainHolding.IsKeyless(p.Problem)).Select(p => p.Place))}",
                "bad",
                Icons.Material.Filled.Error
            )
        : point.Verified.Count > 0
            ? new(
                point.Verified.Count == point.Places.Count ? "Verified" : $"At {string.Join(", ", point.Verified)}",
                "good",
                Icons.Material.Filled.CheckCircle
            )
        : point.Problems.Count > 0 ? new("No key here", "quiet", Icons.Material.Outlined.KeyOff)
        : new("Not yet", "quiet", Icons.Material.Outlined.HelpOutline);

    /// <summary>What is wrong with it, and what to do; null where nothing is known to be.</summary>
    public static string? Reason(PointSummary point) =>
        point.Problems.Count == 0
            ? null
            : string.Join(' ', point.Problems.Select(p => $"{p.Place}: {Sentence.Join(p.Problem.Message, p.Problem.Hint)}"));
}

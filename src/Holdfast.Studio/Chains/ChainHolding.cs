using Holdfast.Server.Endpoints;

namespace Holdfast.Studio.Chains;

/// <summary>What one destination holds of a chain.</summary>
/// <param name="Place">Name of the destination, or the path.</param>
/// <param name="From">How the chain is asked for there.</param>
/// <param name="Held">Names of the archives that it holds.</param>
/// <param name="Missing">How many it misses, of those that any destination has.</param>
/// <param name="HasFull">Whether it has the full archive.</param>
public sealed record ChainHolding(string Place, string From, IReadOnlySet<string> Held, int Missing, bool HasFull)
{
    /// <summary>Whether all is there.</summary>
    public bool IsWhole => HasFull && Missing == 0;

    /// <summary>In words.</summary>
    public string Words => IsWhole ? "whole" : HasFull ? $"misses {Missing} of {Held.Count + Missing}" : "misses its full backup";

    internal static ChainHolding Of(ChainView copy, IReadOnlyCollection<ArchiveView> all)
    {
        var held = copy.Archives.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        return new(copy.Destination ?? copy.From, copy.From, held, all.Count(a => !held.Contains(a.Name)), copy.HasFull);
    }
}

using Holdfast.Api.Backups;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Chains;

/// <summary>What one destination holds of a chain.</summary>
/// <param name="Location">Name of the destination, or the path.</param>
/// <param name="From">How the chain is asked for there.</param>
/// <param name="ArchiveNames">Names of the archives that it holds.</param>
/// <param name="MissingCount">How many it misses, of those that any destination has.</param>
/// <param name="HasFull">Whether it has the full archive.</param>
/// <param name="Check">What verifying it has found last; null where it never was.</param>
public sealed record ChainCopy(
    string Location,
    string From,
    IReadOnlySet<string> ArchiveNames,
    int MissingCount,
    bool HasFull,
    ChainCheck? Check
)
{
    /// <summary>Whether all is there.</summary>
    public bool IsComplete => HasFull && MissingCount == 0;

    /// <summary>In words.</summary>
    public string Description =>
        IsComplete ? "complete"
        : HasFull ? $"misses {MissingCount} of {ArchiveNames.Count + MissingCount}"
        : "misses its full backup";

    /// <summary>How many of its archives are damaged, as far as was verified.</summary>
    public int DamagedCount => Check?.Problems.Count(p => ArchiveNames.Contains(p.Key) && !IsKeyProblem(p.Value)) ?? 0;

    /// <summary>How many could not be verified, for the server has no key that opens them.</summary>
    public int UndecryptableCount => Check?.Problems.Count(p => ArchiveNames.Contains(p.Key) && IsKeyProblem(p.Value)) ?? 0;

    /// <summary>What is wrong with an archive; null where nothing is known to be.</summary>
    public OperationError? ProblemOf(string name) => Check?.Problems.GetValueOrDefault(name);

    /// <summary>Whether an archive was read and is whole.</summary>
    public bool IsVerified(string name, DateTimeOffset time) =>
        ArchiveNames.Contains(name) && Check is not null && time <= Check.Through && !Check.Problems.ContainsKey(name);

    /// <summary>Whether it is the key that is missing, and not a byte that is wrong.</summary>
    public static bool IsKeyProblem(OperationError error) =>
        error.Code == ErrorCatalogue.KeyMissing.Code || error.Code == ErrorCatalogue.KeyWrong.Code;

    internal static ChainCopy Of(ChainView copy, IReadOnlyCollection<ArchiveView> all)
    {
        var held = copy.Archives.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        return new(copy.Destination ?? copy.From, copy.From, held, all.Count(a => !held.Contains(a.Name)), copy.HasFull, copy.Check);
    }
}

using Holdfast.Api.Backups;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Chains;

/// <summary>The copy of a chain at one destination.</summary>
/// <param name="Location">Name of the destination, or the path.</param>
/// <param name="From">Address of the chain at that destination, as the API accepts it.</param>
/// <param name="ArchiveNames">Names of the archives at that destination.</param>
/// <param name="MissingCount">Number of archives that another destination has and this one lacks.</param>
/// <param name="HasFull">Whether it has the full archive.</param>
/// <param name="Check">Result of the last verification; null if it was never verified.</param>
public sealed record ChainCopy(
    string Location,
    string From,
    IReadOnlySet<string> ArchiveNames,
    int MissingCount,
    bool HasFull,
    ChainCheck? Check
)
{
    /// <summary>Whether it is being deleted there, so that what is missing is not lost.</summary>
    public bool IsExpiring { get; init; }

    /// <summary>Whether no archive is missing.</summary>
    public bool IsComplete => HasFull && MissingCount == 0;

    /// <summary>Completeness in words: <c>complete</c>, <c>1 of 3 missing</c>.</summary>
    public string Description =>
        IsExpiring && !IsComplete ? "expiring"
        : IsComplete ? "complete"
        : HasFull ? $"{MissingCount} of {ArchiveNames.Count + MissingCount} missing"
        : "full backup missing";

    /// <summary>Number of archives that the last verification found damaged.</summary>
    public int DamagedCount => IsExpiring ? 0 : Check?.Problems.Count(p => ArchiveNames.Contains(p.Key) && !IsKeyProblem(p.Value)) ?? 0;

    /// <summary>Number of archives that could not be verified because the server does not have their key.</summary>
    public int UndecryptableCount => Check?.Problems.Count(p => ArchiveNames.Contains(p.Key) && IsKeyProblem(p.Value)) ?? 0;

    /// <summary>The known problem of an archive; null if there is none.</summary>
    public OperationError? ProblemOf(string name) => Check?.Problems.GetValueOrDefault(name);

    /// <summary>Whether the last verification read the archive and found it intact.</summary>
    public bool IsVerified(string name, DateTimeOffset time) =>
        ArchiveNames.Contains(name) && Check is not null && time <= Check.Through && !Check.Problems.ContainsKey(name);

    /// <summary>Whether the archive could not be read for lack of its key, which says nothing about its contents.</summary>
    public static bool IsKeyProblem(OperationError error) =>
        error.Code == ErrorCatalog.KeyMissing.Code || error.Code == ErrorCatalog.KeyWrong.Code;

    internal static ChainCopy Of(ChainView copy, IReadOnlyCollection<ArchiveView> all)
    {
        var names = copy.Archives.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        return new(copy.Destination ?? copy.From, copy.From, names, all.Count(a => !names.Contains(a.Name)), copy.HasFull, copy.Check)
        {
            IsExpiring = copy.Expiring,
        };
    }
}

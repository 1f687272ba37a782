using Holdfast.Archive.Format;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Restores;

/// <summary>What a restore made.</summary>
/// <param name="Warnings">Things that the operator should know of the new database.</param>
/// <param name="File">Owner and mode of its file; null where it is none.</param>
public sealed record RestoredDatabase(IReadOnlyList<string> Warnings, FilePermissions? File)
{
    /// <summary>
    /// Those of <see cref="Warnings"/> that each tell something of the old database that the new one lacks. Where it is
    /// empty, the new one is whole.
    /// </summary>
    public IReadOnlyList<string> Omissions { get; init; } = [];

    /// <summary>What is wrong with it; null where it is whole.</summary>
    /// <param name="name">How whoever asked for it calls the new database.</param>
    public HoldfastException? CreateProblem(string name) =>
        Omissions.Count == 0
            ? null
            : new(
                ErrorCatalogue.RestoreIncomplete,
                $"The rows of '{name}' are there and were checked, but not all that belongs to them: what was left out is listed.",
                "Each has its reason, and its SQL where that can be told: run it in the order of the list."
            );
}

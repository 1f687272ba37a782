using Holdfast.Archive.Format;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Restores;

/// <summary>The result of a restore.</summary>
/// <param name="Warnings">Notes for the operator about the new database.</param>
/// <param name="File">Owner and mode of its file; null if it is not a file.</param>
public sealed record RestoredDatabase(IReadOnlyList<string> Warnings, FilePermissions? File)
{
    /// <summary>
    /// Those <see cref="Warnings"/> that describe something that the new database lacks. If empty, the new database is complete.
    /// </summary>
    public IReadOnlyList<string> Omissions { get; init; } = [];

    /// <summary>The error if the database is incomplete; null if it is complete.</summary>
    /// <param name="name">Name of the new database, for the message.</param>
    public HoldfastException? CreateProblem(string name) =>
        Omissions.Count == 0
            ? null
            : new(
                ErrorCatalog.RestoreIncomplete,
                $"The rows of '{name}' were restored and checked, but some objects were not: the skipped ones are listed.",
                "Each has its reason and, if known, its SQL: run it in the order of the list."
            );
}

using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats operations.</summary>
public static class OperationFormatter
{
    /// <summary>
    /// The action without the database: <c>Full backup</c>, <c>Restore</c>. For an ended backup, the kind that was
    /// actually made.
    /// </summary>
    public static string ActionName(Operation operation) =>
        operation.Kind switch
        {
            OperationKind.Restore => "Restore",
            OperationKind.Verify => "Verification",
            OperationKind.Repair => "Repair",
            OperationKind.RebuildCatalog => "Rebuilding of the catalog",
            _ => (operation.Result?.Kind ?? operation.BackupKind) switch
            {
                BackupKind.Incremental => "Incremental backup",
                BackupKind.Full => operation.TaskId is null ? "One-time backup" : "Full backup",
                _ => "Backup",
            },
        };

    /// <summary>The action with the database: <c>Full backup of shop/orders.db</c>.</summary>
    public static string Title(Operation operation) => $"{ActionName(operation)} {Preposition(operation.Kind)} {operation.Subject}";

    private static string Preposition(OperationKind kind) =>
        kind switch
        {
            OperationKind.Restore => "as",
            OperationKind.Repair => "of the backups of",
            OperationKind.RebuildCatalog => "from",
            _ => "of",
        };

    /// <summary>Who requested the operation: a user, a token, the schedule, or the server itself, which starts repairs.</summary>
    public static string RequestedBy(Operation operation) =>
        operation is { AskedBy: null, Kind: OperationKind.Repair } ? "the server" : RequesterFormatter.Of(operation.AskedBy);

    /// <summary>Duration until the end, or until now; null while the operation is queued.</summary>
    public static TimeSpan? Duration(Operation operation, DateTimeOffset now) =>
        operation.Started is { } started
            ? (operation.Ended ?? now) - started is var took && took > TimeSpan.Zero
                ? took
                : TimeSpan.Zero
            : null;

    /// <summary>The current phase, with a capital letter.</summary>
    public static string Phase(Operation operation) =>
        operation.Phase.Length == 0 ? "" : char.ToUpperInvariant(operation.Phase[0]) + operation.Phase[1..];

    /// <summary>A short note on the outcome, if the state does not say everything; otherwise null.</summary>
    public static string? OutcomeNote(Operation operation) =>
        operation.Error?.Message ?? (operation.Result is { Unchanged: true } ? "Unchanged: nothing stored." : null);

    /// <summary>What an abort will do, and what it will leave alone.</summary>
    public static (string Will, string WillNot) AbortWarning(Operation operation) =>
        operation.Kind switch
        {
            OperationKind.Restore => (
                $"The restore stops, and its partial data is removed. {operation.Subject} will not be created.",
                "The backup and all other databases remain unchanged."
            ),
            OperationKind.Repair => (
                "The repair stops. What it has copied stays; the rest is copied by the next repair.",
                "All backups remain unchanged."
            ),
            OperationKind.RebuildCatalog => (
                "The rebuilding stops. What it has recorded stays; start it again for the rest.",
                "All backups remain unchanged."
            ),
            OperationKind.Verify => ("The verification stops, and its results so far are discarded.", "All backups remain unchanged."),
            _ => (
                "The backup stops, and its partial archives are removed from all destinations. It will not run again "
                    + "before its next scheduled time. To run it earlier, delay it instead.",
                "Older backups and the database remain unchanged."
            ),
        };
}

using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Formatting;

/// <summary>Operations in words.</summary>
public static class OperationFormatter
{
    private const string Token = "token:";

    /// <summary>
    /// What it does, without its database: <c>Full backup</c>, <c>Restore</c>. Once it has ended, the kind that was
    /// made.
    /// </summary>
    public static string ActionName(Operation operation) =>
        operation.Kind switch
        {
            OperationKind.Restore => "Restore",
            OperationKind.Verify => "Verification",
            _ => (operation.Result?.Kind ?? operation.BackupKind) switch
            {
                BackupKind.Incremental => "Incremental backup",
                BackupKind.Full => operation.TaskId is null ? "One-time backup" : "Full backup",
                _ => "Backup",
            },
        };

    /// <summary>What it does, with its database: a title.</summary>
    public static string Title(Operation operation) =>
        $"{ActionName(operation)} {(operation.Kind == OperationKind.Restore ? "as" : "of")} {operation.Database}";

    /// <summary>Who asked for it.</summary>
    public static string AskedBy(Operation operation) =>
        operation.AskedBy is not { } by ? "the schedule"
        : by.StartsWith(Token, StringComparison.Ordinal) ? $"token {by[Token.Length..]}"
        : by;

    /// <summary>How long it took, or has taken until now; null while it waits.</summary>
    public static TimeSpan? Duration(Operation operation, DateTimeOffset now) =>
        operation.Started is { } started
            ? (operation.Ended ?? now) - started is var took && took > TimeSpan.Zero
                ? took
                : TimeSpan.Zero
            : null;

    /// <summary>What it is doing now, as a sentence begins.</summary>
    public static string Phase(Operation operation) =>
        operation.Phase.Length == 0 ? "" : char.ToUpperInvariant(operation.Phase[0]) + operation.Phase[1..];

    /// <summary>What became of it, in a few words, where its state does not tell.</summary>
    public static string? OutcomeNote(Operation operation) =>
        operation.Error?.Message ?? (operation.Result is { Unchanged: true } ? "Nothing had changed, so nothing was stored." : null);

    /// <summary>What an abort will do, and what it will not.</summary>
    public static (string Will, string WillNot) AbortWarning(Operation operation) =>
        operation.Kind switch
        {
            OperationKind.Restore => (
                $"The restore stops, and what it has written of {operation.Database} is removed. The new database does not appear.",
                "The backup stays as it is, and can be restored again. No other database is touched."
            ),
            OperationKind.Verify => ("The verification stops. What was checked so far is not told.", "No backup is touched."),
            _ => (
                "The backup stops, and what it has written is removed at every destination. Its slot counts as used: it runs "
                    + "again at the next one.",
                "Older backups stay, and the database is not touched. To run it later today, delay it instead."
            ),
        };
}

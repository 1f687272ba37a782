namespace Holdfast.Core.Operations;

/// <summary>
/// Number of operations by outcome, counted as a run counts its databases: each once, with unchanged databases included in those done.
/// </summary>
/// <param name="Done">Operations that completed without errors, or had nothing to do.</param>
/// <param name="Unchanged">Operations among those done whose database had not changed.</param>
/// <param name="Incomplete">
/// Operations that completed in part: stored, but not at every destination, whether or not the database had changed.
/// </param>
/// <param name="Failed">Operations that failed.</param>
/// <param name="Aborted">Operations that an operator stopped.</param>
public sealed record OutcomeCounts(int Done, int Unchanged, int Incomplete, int Failed, int Aborted)
{
    /// <summary>Counts operations that have ended.</summary>
    /// <param name="operations">The final state of each, and whether its database was unchanged.</param>
    public static OutcomeCounts Count(IEnumerable<(OperationState State, bool Unchanged)> operations)
    {
        int done = 0,
            unchanged = 0,
            incomplete = 0,
            failed = 0,
            aborted = 0;
        foreach (var (state, isUnchanged) in operations)
        {
            switch (state)
            {
                case OperationState.Completed:
                    done++;
                    if (isUnchanged)
                    {
                        unchanged++;
                    }
                    break;
                case OperationState.CompletedWithErrors:
                    incomplete++;
                    break;
                case OperationState.Failed:
                    failed++;
                    break;
                case OperationState.Aborted:
                    aborted++;
                    break;
            }
        }

        return new(done, unchanged, incomplete, failed, aborted);
    }

    /// <summary>The counts in words: <c>27 done (25 unchanged), 1 incomplete, 8 failed</c>.</summary>
    public override string ToString() =>
        $"{Done} done{(Unchanged > 0 ? $" ({Unchanged} unchanged)" : "")}{Part(Incomplete, "incomplete")}, {Failed} "
        + $"failed{Part(Aborted, "aborted")}";

    private static string Part(int count, string word) => count > 0 ? $", {count} {word}" : "";
}

namespace Holdfast.Core.Operations;

/// <summary>
/// How many operations ended in which way, counted as a run counts its databases: each one once, with what had not
/// changed among those that are done.
/// </summary>
/// <param name="Done">Those that did all that was asked, or had nothing to do.</param>
/// <param name="Unchanged">Of those that are done, the ones whose database had not changed.</param>
/// <param name="Incomplete">
/// Those that did it in part: stored, but not at every destination, whether or not the database had changed.
/// </param>
/// <param name="Failed">Those that failed.</param>
/// <param name="Aborted">Those that an operator stopped.</param>
public sealed record OutcomeCounts(int Done, int Unchanged, int Incomplete, int Failed, int Aborted)
{
    /// <summary>Counts operations that have ended.</summary>
    /// <param name="operations">How each ended, and whether its database had not changed.</param>
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

    /// <summary>It in words: <c>27 done (25 unchanged), 1 incomplete, 8 failed</c>.</summary>
    public override string ToString() =>
        $"{Done} done{(Unchanged > 0 ? $" ({Unchanged} unchanged)" : "")}{Part(Incomplete, "incomplete")}, {Failed} "
        + $"failed{Part(Aborted, "aborted")}";

    private static string Part(int count, string word) => count > 0 ? $", {count} {word}" : "";
}

using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines.Restores;
using Holdfast.Node.Discovery;
using Holdfast.State;

namespace Holdfast.Node.Restores;

/// <summary>
/// Tracks for each source whether code of a restored database has changed the role that runs restores. A change is reported until a
/// later restore finds the role in its previous state, or an operator confirms that it was undone. Restores that were interrupted
/// before the role could be checked are remembered: the next one checks it.
/// </summary>
/// <param name="records">What this node stores about sources, by name.</param>
/// <param name="sources">The sources of this node; nothing is stored for other ones.</param>
/// <param name="time">The clock.</param>
public sealed class RestoreRoleGuard(WriteBehindState<NodeSourceRecord> records, SourceRegistry sources, TimeProvider time)
{
    private const int MaxRemembered = 100,
        MaxListed = 20;

    private static readonly Dictionary<string, UncheckedRestore> None = [];

    // other entries of a record belong to an earlier process, or could not be checked
    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    /// <summary>The change at a source; null if there is none, or it was undone.</summary>
    public RestoreRoleChange? Find(string source) => records.Find(source)?.RestoreRole;

    /// <summary>Confirms that the change was undone.</summary>
    /// <param name="source">Name of the source.</param>
    public void Acknowledge(string source) =>
        records.Change(source, r =>
            r?.RestoreRole is null
                ? null
                : r with
                {
                    RestoreRole = null,
                    UncheckedRestores = NullIfEmpty((r.UncheckedRestores ?? None).Where(u => _running.ContainsKey(u.Key))),
                }
        );

    /// <summary>
    /// Records that a restore is about to run code, and returns when that is stored: if this process is killed, the next restore
    /// checks the role. If the store cannot be written now, the restore does not wait: one that is killed before the store can be
    /// written again is forgotten.
    /// </summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="id">Id of the restore.</param>
    /// <param name="target">Name of the new database.</param>
    /// <param name="role">The current state of the role.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async Task RecordStartAsync(
        string source,
        string id,
        string target,
        RestoreRoleState role,
        CancellationToken cancellationToken
    )
    {
        _running[id] = 0;
        var now = time.GetUtcNow();
        sources.Change(source, r => WithStarted(r, id, new(target, now, role.Before), now));
        await sources.WaitUntilStoredAsync(source, cancellationToken);
    }

    /// <summary>Records the state of the role after a restore.</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="id">Id of the restore.</param>
    /// <param name="role">The state of the role; null if the engine has none, or it was not read.</param>
    /// <param name="failure">Why the restore failed; null if it succeeded.</param>
    internal void RecordEnd(string source, string id, RestoreRoleState? role, Exception? failure)
    {
        if (!_running.ContainsKey(id))
        {
            return; // none of its code has run
        }
        try
        {
            // It counts as running until that is recorded; otherwise a restore that starts meanwhile would consider it interrupted
            // and drop it.
            sources.Change(source, r =>
                r.UncheckedRestores is { } before && before.TryGetValue(id, out var restore)
                    ? WithEnded(r, before.Where(u => u.Key != id), restore, role, failure)
                    : null
            );
        }
        finally
        {
            _running.TryRemove(id, out _);
        }
    }

    /// <summary>A possible reason why a restore fails before it runs any code: earlier ones were interrupted.</summary>
    internal HoldfastException? ExplainFailure(string source, HoldfastException failure)
    {
        if (failure.Error != ErrorCatalog.SourceUnreadable && failure.Error != ErrorCatalog.NotAllowed)
        {
            return null;
        }
        var left = (records.Find(source)?.UncheckedRestores ?? None).Where(u => !_running.ContainsKey(u.Key)).Select(u => u.Value).ToList();
        return left.Count == 0
            ? null
            : new(
                failure.Error,
                $"{Sentence.EnsureTerminated(failure.Message)} It may have been changed: {DescribeInterrupted(left)}.",
                failure.Hint,
                failure
            );
    }

    private NodeSourceRecord WithStarted(NodeSourceRecord record, string id, UncheckedRestore restore, DateTimeOffset now)
    {
        var all = (record.UncheckedRestores ?? None).OrderBy(u => u.Value.Started).ToList();
        var running = all.Where(u => _running.ContainsKey(u.Key)).ToList();
        // While there is a change, any of these may have caused it: they are checked again when it is undone.
        var left = all.Where(u => !_running.ContainsKey(u.Key)).Take(MaxRemembered).ToList();
        var added = restore with { PreviousState = running.Count > 0 ? running[0].Value.PreviousState : restore.PreviousState };
        var change = record.RestoreRole;
        if (change is null)
        {
            var suspects = left.Select(u => u.Value).Where(u => u.PreviousState != restore.PreviousState).ToList();
            if (suspects.Count > 0)
            {
                change = CreateChange(suspects, [.. running.Select(u => u.Value)], restore.PreviousState, now);
            }
            left.Clear();
        }

        return record with
        {
            RestoreRole = change,
            UncheckedRestores = NullIfEmpty([.. left, .. running, KeyValuePair.Create(id, added)]),
        };
    }

    private NodeSourceRecord? WithEnded(
        NodeSourceRecord record,
        IEnumerable<KeyValuePair<string, UncheckedRestore>> others,
        UncheckedRestore restore,
        RestoreRoleState? role,
        Exception? failure
    )
    {
        var change = record.RestoreRole;
        if (failure is HoldfastException known && known.Error == ErrorCatalog.RestoreRoleChanged)
        {
            return record with
            {
                UncheckedRestores = NullIfEmpty(others),
                RestoreRole = new(
                    Truncation.Truncate(known.Message),
                    known.Hint,
                    time.GetUtcNow(),
                    change is null ? restore.PreviousState : change.Before
                ),
            };
        }
        if (role?.After is not { } now)
        {
            return null;
        }
        // A restore that started before the change was found proves nothing about it.
        var isUndone = change is not null && restore.Started >= change.At && (change.Before ?? now) == now;
        return record with { UncheckedRestores = NullIfEmpty(others), RestoreRole = isUndone ? null : change };
    }

    private static RestoreRoleChange CreateChange(
        List<UncheckedRestore> suspects,
        List<UncheckedRestore> running,
        string has,
        DateTimeOffset now
    )
    {
        var beside =
            running.Count == 0
                ? ""
                : $"  Code of a running restore may have caused it, too: {FormatList(running.Select(u => $"'{u.Target}'"))}.";
        return new(
            Truncation.Truncate(
                $"{DescribeInterrupted(suspects)}. Since then the role that runs restores has changed: it has {Describe(has)}, and had "
                    + $"{Describe(suspects[0].PreviousState)}. Code of these databases may have changed it, or somebody else.{beside}"
            ),
            "Undo any change that is not yours (docs/postgresql.md, Restoring).",
            now,
            suspects[0].PreviousState
        );
    }

    private static string DescribeInterrupted(List<UncheckedRestore> restores) =>
        "the role could not be checked after "
        + FormatList(
            restores.Select(u =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the restore of '{u.Target}' that started at {u.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                )
            )
        );

    private static string FormatList(IEnumerable<string> what)
    {
        var all = what.ToList();
        return string.Join(", ", all.Take(MaxListed)) + (all.Count > MaxListed ? $" and {all.Count - MaxListed} more" : "");
    }

    private static string Describe(string state) => state.Length == 0 ? "none" : $"'{state}'";

    private static Dictionary<string, UncheckedRestore>? NullIfEmpty(IEnumerable<KeyValuePair<string, UncheckedRestore>> restores) =>
        restores.ToDictionary(StringComparer.Ordinal) is { Count: > 0 } kept ? kept : null;
}

using System.Collections.Concurrent;
using System.Globalization;
using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.State;

namespace Holdfast.Node.Restores;

/// <summary>
/// Knows of each source whether code of a restored database has changed the role that runs restores there. That stands
/// until a later restore finds the
/// role with what it had before, or an operator says that it is undone. A restore that was cut off before anybody could
/// look is remembered: the next one looks.
/// </summary>
/// <param name="records">What is stored of the sources, by their names.</param>
/// <param name="sources">The sources of this node: of others nothing is stored.</param>
/// <param name="time">The clock.</param>
public sealed class RestoreRoleGuard(WriteBehindState<SourceRecord> records, SourceRegistry sources, TimeProvider time)
{
    private const int MaxRemembered = 100,
        MaxListed = 20;

    private static readonly Dictionary<string, UncheckedRestore> None = [];

    // what a record has besides is of an earlier process, or could not be looked at
    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    /// <summary>What has changed at a source; null where nothing has, or it is undone.</summary>
    public RestoreRoleChange? Find(string source) => records.Find(source)?.RestoreRole;

    /// <summary>An operator says that it is undone.</summary>
    /// <param name="source">Name of the source.</param>
    public void Acknowledge(string source) =>
        records.Change(source, r =>
            r?.RestoreRole is null
                ? null
                : r with
                {
                    RestoreRole = null,
                    Unchecked = NullIfEmpty((r.Unchecked ?? None).Where(u => _running.ContainsKey(u.Key))),
                }
        );

    /// <summary>
    /// Notes that a restore begins to run code, and returns when that is stored: whatever ends this process, the next
    /// restore looks at the role. Where the
    /// store cannot be written now it returns too, for a restore is not to wait for that: one that is killed before the
    /// store can be written again is forgotten.
    /// </summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="id">An id of its own.</param>
    /// <param name="target">Name of the new database.</param>
    /// <param name="role">The role, as it is now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
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

    /// <summary>Notes what a restore has found.</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="id">Its id.</param>
    /// <param name="role">The role; null where the engine has none, or it was not looked at.</param>
    /// <param name="failure">Why the restore failed; null where it did not.</param>
    internal void RecordEnd(string source, string id, RestoreRoleState? role, Exception? failure)
    {
        if (!_running.ContainsKey(id))
        {
            return; // none of its code has run
        }
        try
        {
            // It counts as running until that is noted: one that begins meanwhile would take it for one that was cut off, and drop it.
            sources.Change(source, r =>
                r.Unchecked is { } before && before.TryGetValue(id, out var restore)
                    ? WithEnded(r, before.Where(u => u.Key != id), restore, role, failure)
                    : null
            );
        }
        finally
        {
            _running.TryRemove(id, out _);
        }
    }

    /// <summary>What may be the reason where a restore fails before it runs any code: earlier ones were cut off.</summary>
    internal HoldfastException? ExplainFailure(string source, HoldfastException failure)
    {
        if (failure.Error != ErrorCatalogue.SourceUnreadable && failure.Error != ErrorCatalogue.NotAllowed)
        {
            return null;
        }
        var left = (records.Find(source)?.Unchecked ?? None).Where(u => !_running.ContainsKey(u.Key)).Select(u => u.Value).ToList();
        return left.Count == 0
            ? null
            : new(
                failure.Error,
                $"{Sentence.EnsureTerminated(failure.Message)} It may have been changed: {DescribeInterrupted(left)}.",
                failure.Hint,
                failure
            );
    }

    private SourceRecord WithStarted(SourceRecord record, string id, UncheckedRestore restore, DateTimeOffset now)
    {
        var all = (record.Unchecked ?? None).OrderBy(u => u.Value.Began).ToList();
        var running = all.Where(u => _running.ContainsKey(u.Key)).ToList();
        // While a change stands, none of these is the only one who may have made it: they are asked for again when that is undone.
        var left = all.Where(u => !_running.ContainsKey(u.Key)).Take(MaxRemembered).ToList();
        var added = restore with { Before = running.Count > 0 ? running[0].Value.Before : restore.Before };
        var change = record.RestoreRole;
        if (change is null)
        {
            var suspects = left.Select(u => u.Value).Where(u => u.Before != restore.Before).ToList();
            if (suspects.Count > 0)
            {
                change = CreateChange(suspects, [.. running.Select(u => u.Value)], restore.Before, now);
            }
            left.Clear();
        }

        return record with
        {
            RestoreRole = change,
            Unchecked = NullIfEmpty([.. left, .. running, KeyValuePair.Create(id, added)]),
        };
    }

    private SourceRecord? WithEnded(
        SourceRecord record,
        IEnumerable<KeyValuePair<string, UncheckedRestore>> others,
        UncheckedRestore restore,
        RestoreRoleState? role,
        Exception? failure
    )
    {
        var change = record.RestoreRole;
        if (failure is HoldfastException known && known.Error == ErrorCatalogue.RestoreRoleChanged)
        {
            return record with
            {
                Unchecked = NullIfEmpty(others),
                RestoreRole = new(
                    Truncation.Truncate(known.Message),
                    known.Hint,
                    time.GetUtcNow(),
                    change is null ? restore.Before : change.Before
                ),
            };
        }
        if (role?.After is not { } now)
        {
            return null;
        }
        // One that began before a change was found says nothing of that.
        var isUndone = change is not null && restore.Began >= change.At && (change.Before ?? now) == now;
        return record with { Unchecked = NullIfEmpty(others), RestoreRole = isUndone ? null : change };
    }

    private static RestoreRoleChange CreateChange(
        List<UncheckedRestore> suspects,
        List<UncheckedRestore> running,
        string has,
        DateTimeOffset now
    )
    {
        var beside =
            running.Count == 0 ? "" : $" So may code of what is being restored: {FormatList(running.Select(u => $"'{u.Target}'"))}.";
        return new(
            Truncation.Truncate(
                $"{DescribeInterrupted(suspects)}. Since then the role that runs restores has changed: it has {Describe(has)}, and had "
                    + $"{Describe(suspects[0].Before)}. Code of these may have done it, or somebody else.{beside}"
            ),
            "Undo what none of you has changed (docs/postgresql.md, Restoring).",
            now,
            suspects[0].Before
        );
    }

    private static string DescribeInterrupted(List<UncheckedRestore> restores) =>
        "nobody could look at the role after "
        + FormatList(
            restores.Select(u =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the restore of '{u.Target}' that began at {u.Began.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
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

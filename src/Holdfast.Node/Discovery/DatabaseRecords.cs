using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>
/// The records of all databases. What all nodes share is stored once per database; what discovery finds is stored per node, so nodes never
/// overwrite each other. For the cluster, a database exists while it exists on any node, is missing if it is missing on some node and
/// exists on none, and is dropped when it was dropped on every node that had it.
/// </summary>
public sealed class DatabaseRecords
{
    private readonly WriteBehindState<SharedDatabaseRecord> _shared;
    private readonly WriteBehindState<NodeDatabaseRecord> _own;
    private readonly StateMirror<NodeDatabaseRecord>? _ofAllNodes;
    private readonly string _node;

    // The combined records, so that listing 10,000 databases allocates nothing. An entry is valid while both parts are the same objects.
    private readonly ConcurrentDictionary<string, CombinedRecord> _combined = new(StringComparer.Ordinal);

    // Replaced as a whole, by the watch loop of _ofAllNodes only. A tag is never removed: its records may be gone, which lookups notice.
    private volatile string[] _otherNodes = [];

    /// <summary>Creates the records; they are as current as the given states.</summary>
    /// <param name="shared">What all nodes share, by id.</param>
    /// <param name="own">What this node knows, by id.</param>
    /// <param name="ofAllNodes">What each node knows, by <c>NODE/ID</c>; null if no other node uses the store.</param>
    /// <param name="node">Tag of this node.</param>
    internal DatabaseRecords(
        WriteBehindState<SharedDatabaseRecord> shared,
        WriteBehindState<NodeDatabaseRecord> own,
        StateMirror<NodeDatabaseRecord>? ofAllNodes,
        string node
    )
    {
        (_shared, _own, _ofAllNodes, _node) = (shared, own, ofAllNodes, node);
        if (ofAllNodes is not null)
        {
            ofAllNodes.Changed += (key, _, _) => AddNode(key[..key.IndexOf('/', StringComparison.Ordinal)]);
        }
    }

    private sealed record CombinedRecord(SharedDatabaseRecord Shared, NodeDatabaseRecord? OfNode, DatabaseRecord Record);

    // In order of precedence.
    private enum Presence
    {
        Exists,
        Missing,
        Dropped,
        Unknown,
    }

    /// <summary>
    /// All databases, by id, unordered, as the cluster sees them: with what this node knows, unless another node has more of the database.
    /// </summary>
    public IEnumerable<KeyValuePair<string, DatabaseRecord>> Items =>
        _shared.Items.Select(s => KeyValuePair.Create(s.Key, Combine(s.Key, s.Value, FindBest(s.Key))));

    /// <summary>Approximate number of databases, including dropped ones.</summary>
    public int Count => _shared.Count;

    /// <summary>A database as the cluster sees it; null if there is none of this id.</summary>
    /// <param name="id">Its id, <c>source/name</c>.</param>
    public DatabaseRecord? Find(string id) => _shared.Find(id) is { } shared ? Combine(id, shared, FindBest(id)) : null;

    /// <summary>
    /// The databases as this node alone sees them: those that it has discovered, including dropped ones. If no other node uses the store,
    /// this includes databases without a record of any node: the node was killed before both parts were stored.
    /// </summary>
    /// <param name="source">Name of the source; null for all.</param>
    public IEnumerable<DatabaseRecord> GetOwn(string? source)
    {
        foreach (var (key, shared) in _shared.Items)
        {
            if (source is not null && shared.Id.Source != source)
            {
                continue;
            }
            var own = _own.Find(key);
            if (own is not null || _ofAllNodes is null)
            {
                yield return Combine(key, shared, own);
            }
        }
    }

    /// <summary>
    /// Stores what this node knows about a database. What all nodes share is written only if it changes; the earliest
    /// <see cref="DatabaseRecord.FirstSeen"/> is kept.
    /// </summary>
    /// <exception cref="ArgumentException">It exceeds <see cref="StateLimits"/>.</exception>
    public void Set(DatabaseRecord record)
    {
        var id = record.Id.ToString();
        var own = NodeDatabaseRecord.From(record);
        // First the node's part: a database that is visible to other nodes has somebody who knows it.
        _own.Change(id, before => before == own ? null : own);
        _shared.Change(id, before =>
        {
            var isEarlier = before is null || record.FirstSeen < before.FirstSeen;
            return isEarlier || before!.Engine != record.Engine
                ? new()
                {
                    Id = record.Id,
                    Engine = record.Engine,
                    FirstSeen = isEarlier ? record.FirstSeen : before!.FirstSeen,
                }
                : null;
        });
    }

    /// <summary>
    /// Deletes a database that was dropped; returns when that is stored. Records of other nodes remain, but nobody sees them.
    /// </summary>
    /// <param name="id">Its id, <c>source/name</c>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        // In this order: the node's part alone is invisible, but without it the database would seem to exist.
        await _shared.DeleteAsync(id, cancellationToken);
        if (_own.Find(id) is not null)
        {
            _own.Remove(id);
        }
        _combined.TryRemove(id, out _);
    }

    /// <summary>Waits until the records include what other nodes have stored up to a revision of the store.</summary>
    internal Task WaitForOtherNodesAsync(long revision, CancellationToken cancellationToken) =>
        Task.WhenAll(
            _shared.WaitForRevisionAsync(revision, cancellationToken),
            _ofAllNodes?.WaitForRevisionAsync(revision, cancellationToken) ?? Task.CompletedTask
        );

    private NodeDatabaseRecord? FindBest(string id)
    {
        var best = _own.Find(id);
        foreach (var node in _otherNodes)
        {
            if (_ofAllNodes!.Find($"{node}/{id}")?.Value is { } other && PresenceOf(other) < PresenceOf(best))
            {
                best = other;
            }
        }

        return best;
    }

    private static Presence PresenceOf(NodeDatabaseRecord? record) =>
        record switch
        {
            null => Presence.Unknown,
            { Dropped: not null } => Presence.Dropped,
            { MissingSince: not null } => Presence.Missing,
            _ => Presence.Exists,
        };

    private DatabaseRecord Combine(string id, SharedDatabaseRecord shared, NodeDatabaseRecord? ofNode)
    {
        if (_combined.TryGetValue(id, out var known) && ReferenceEquals(known.Shared, shared) && ReferenceEquals(known.OfNode, ofNode))
        {
            return known.Record;
        }
        var record = DatabaseRecord.Combine(shared, ofNode);
        _combined[id] = new(shared, ofNode, record);
        return record;
    }

    private void AddNode(string node)
    {
        if (node != _node && !_otherNodes.Contains(node, StringComparer.Ordinal))
        {
            _otherNodes = [.. _otherNodes.Append(node).Order(StringComparer.Ordinal)];
        }
    }
}

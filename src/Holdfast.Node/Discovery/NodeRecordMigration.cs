using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Brings the records of discovery into their present form before anything reads them. Earlier versions stored what one node knew in the
/// records that nodes now share. Also gives the records of this node's previous tag to its present one. Each record moves in one
/// transaction, so a migration that was interrupted continues at the next start, and there is nothing to do after the first.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="node">Tag of this node.</param>
internal sealed class NodeRecordMigration(IStateStore store, string node)
{
    /// <summary>Prefix of what all nodes share about databases.</summary>
    public const string Databases = "databases/";

    /// <summary>Prefix of what each node knows about databases.</summary>
    public const string NodeDatabases = "node-databases/";

    /// <summary>Prefix of what all nodes share about sources.</summary>
    public const string Sources = "source-records/";

    /// <summary>Prefix of what each node knows about sources.</summary>
    public const string NodeSources = "node-sources/";

    // A moved record is two changes.
    private const int RecordsPerTransaction = StateLimits.OperationsPerTransaction / 2;

    private static readonly string[] DatabaseProperties =
    [
        "dropped",
        "isDropConfirmed",
        "missingSince",
        "renamedTo",
        "sizeBytes",
        "encryption",
        "identity",
        "problem",
    ];

    private static readonly string[] SourceProperties = ["place", "restoreRole", "unchecked"];

    /// <summary>Migrates everything that is left to migrate.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SplitAsync(Databases, NodeDatabases, DatabaseProperties, cancellationToken);
        await SplitAsync(Sources, NodeSources, SourceProperties, cancellationToken);
        if (store.IsExclusive)
        {
            // No other node uses the store, so another tag is one that this node had before.
            await TakeOverAsync(NodeDatabases, cancellationToken);
            await TakeOverAsync(NodeSources, cancellationToken);
        }
    }

    // Moves these properties into the record of this node.
    private async Task SplitAsync(string from, string to, string[] properties, CancellationToken cancellationToken)
    {
        var moves = new List<Move>();
        foreach (var entry in (await store.RangeAsync(from, cancellationToken)).Entries)
        {
            if (!HasAnyProperty(entry.Value.Span, properties))
            {
                continue;
            }
            var (record, own) = (JsonNode.Parse(entry.Value.Span)!.AsObject(), new JsonObject());
            foreach (var name in properties)
            {
                if (record.Remove(name, out var value))
                {
                    own[name] = value;
                }
            }

            moves.Add(
                new(
                    new(entry.Key, entry.ModRevision),
                    new(entry.Key, Serialize(record)),
                    new($"{to}{node}/{entry.Key[from.Length..]}", Serialize(own))
                )
            );
        }

        await CommitAsync(moves, cancellationToken);
    }

    private async Task TakeOverAsync(string prefix, CancellationToken cancellationToken)
    {
        var own = $"{prefix}{node}/";
        var entries = (await store.RangeAsync(prefix, cancellationToken)).Entries;
        var taken = entries
            .Where(e => e.Key.StartsWith(own, StringComparison.Ordinal))
            .Select(e => e.Key)
            .ToHashSet(StringComparer.Ordinal);
        var moves = new List<Move>();
        foreach (var entry in entries.Where(e => !e.Key.StartsWith(own, StringComparison.Ordinal)))
        {
            // A tag contains no slash. What this node knows under its present tag is newer.
            var key = own + entry.Key[(entry.Key.IndexOf('/', prefix.Length) + 1)..];
            moves.Add(
                new(new(entry.Key, entry.ModRevision), new(entry.Key, null), taken.Add(key) ? new(key, entry.Value.ToArray()) : null)
            );
        }

        await CommitAsync(moves, cancellationToken);
    }

    // If another node changes a record in the meantime, its transaction is not applied; the record is migrated at the next start.
    private async Task CommitAsync(IEnumerable<Move> moves, CancellationToken cancellationToken)
    {
        foreach (var group in moves.Chunk(RecordsPerTransaction))
        {
            await store.CommitAsync(
                new()
                {
                    Conditions = [.. group.Select(m => m.Condition)],
                    Changes = [.. group.Select(m => m.Source), .. group.Select(m => m.Target).OfType<StateChange>()],
                },
                cancellationToken
            );
        }
    }

    // Fast, because it reads every record at every start.
    private static bool HasAnyProperty(ReadOnlySpan<byte> value, string[] properties)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            var isFound = false;
            while (reader.Read())
            {
                isFound |=
                    reader.TokenType == JsonTokenType.PropertyName
                    && reader.CurrentDepth == 1
                    && properties.Contains(reader.GetString(), StringComparer.Ordinal);
            }
            return isFound;
        }
        catch (JsonException)
        {
            return false; // the mirror of the record reports that it cannot be read
        }
    }

    private static byte[] Serialize(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value, StateJson.Options);

    private sealed record Move(StateCondition Condition, StateChange Source, StateChange? Target);
}

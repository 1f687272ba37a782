using System.Text.Json;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Dumps;

namespace Holdfast.Engines.PostgreSql;

/// <summary>One database, held at one moment by the transaction of a <c>pg_dump</c> that has begun. Writers never wait for it.</summary>
internal sealed class PostgreSqlView(PostgreSqlViewPlan plan, DumpRun dump) : IDatabaseView
{
    /// <summary>Name of the item that tells what the database needs from outside.</summary>
    public const string AroundItem = "database.json";

    /// <summary>Name of the item that is the dump, in PostgreSQL's custom format.</summary>
    public const string DumpItem = "database.dump";

    private readonly List<string> _seen = []; // what reading showed

    /// <inheritdoc/>
    public SourceInfo? Source => plan.Server.Info;

    /// <inheritdoc/>
    public BackupType Type => BackupType.Backup;

    /// <inheritdoc/>
    public string? TypeReason => plan.Asked == BackupType.Snapshot ? "PostgreSQL has no snapshot of a single database" : null;

    /// <inheritdoc/>
    public bool IsEncrypted => false;

    /// <inheritdoc/>
    public string EngineVersion => plan.Server.ShortVersion;

    /// <inheritdoc/>
    public string? ChangeToken => null;

    /// <inheritdoc/>
    public long ExpectedBytes => plan.ExpectedBytes;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [.. plan.Warnings, .. _seen];

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
    {
        try
        {
            DumpScanner? scanner = null;
            await sink.WriteStreamAsync(
                DumpItem,
                ExpectedBytes,
                async (output, token) => scanner = await dump.CopyToAsync(output, token),
                cancellationToken
            );
            var found = scanner ?? throw new InvalidOperationException("The sink did not take the dump.");
            var around = await plan.CompleteAsync(found.Head, cancellationToken);
            var json = JsonSerializer.SerializeToUtf8Bytes(around, AroundJson.Default.Surroundings);
            await sink.WriteStreamAsync(
                AroundItem,
                json.Length,
                async (output, token) => await output.WriteAsync(json, token),
                cancellationToken
            );
            _seen.AddRange([
                .. around.Unseen,
                .. dump.Warnings.Where(w => around.Unseen.Count == 0 || !w.Contains("subscriptions not dumped", StringComparison.Ordinal)),
            ]);
            _seen.AddRange(LargeRows.Tell(found.Head.Entries));
            var fingerprint = Fingerprint.Of(found);
            if (around.Extensions.Count > 0)
            {
                fingerprint[Fingerprint.Extensions] = string.Join(", ", around.Extensions);
            }
            return fingerprint;
        }
        catch (HoldfastException e)
        {
            plan.Ended(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => dump.DisposeAsync();
}

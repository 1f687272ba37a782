using System.Text.Json;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.PostgreSql;

/// <summary>
/// A view of one database, consistent through the transaction of a running <c>pg_dump</c>. Writers never wait for it.
/// </summary>
internal sealed class PostgreSqlView(PostgreSqlViewPlan plan, DumpProcess dump) : IDatabaseView
{
    /// <summary>Name of the metadata item.</summary>
    public const string MetadataItem = "database.json";

    /// <summary>Name of the dump item, in PostgreSQL's custom format.</summary>
    public const string DumpItem = "database.dump";

    private readonly List<string> _readWarnings = []; // warnings found while reading

    /// <inheritdoc/>
    public SourceInfo? Source => plan.Server.Info;

    /// <inheritdoc/>
    public BackupType Type => BackupType.Backup;

    /// <inheritdoc/>
    public string? TypeReason =>
        plan.RequestedType == BackupType.Snapshot ? "PostgreSQL cannot take a snapshot of a single database" : null;

    /// <inheritdoc/>
    public bool IsEncrypted => false;

    /// <inheritdoc/>
    public string EngineVersion => plan.Server.ShortVersion;

    /// <inheritdoc/>
    public string? ChangeToken => null;

    /// <inheritdoc/>
    public long ExpectedBytes => plan.ExpectedBytes;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [.. plan.Warnings, .. _readWarnings];

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
            var found = scanner ?? throw new InvalidOperationException("The sink did not consume the dump.");
            var metadata = await plan.CompleteMetadataAsync(found.Header, cancellationToken);
            var json = JsonSerializer.SerializeToUtf8Bytes(metadata, DatabaseMetadataJson.Default.DatabaseMetadata);
            await sink.WriteStreamAsync(
                MetadataItem,
                json.Length,
                async (output, token) => await output.WriteAsync(json, token),
                cancellationToken
            );
            _readWarnings.AddRange([
                .. metadata.Unseen,
                .. dump.Warnings.Where(w =>
                    metadata.Unseen.Count == 0 || !w.Contains("subscriptions not dumped", StringComparison.Ordinal)
                ),
            ]);
            _readWarnings.AddRange(LargeRowWarnings.Create(found.Header.Entries));
            var fingerprint = Fingerprint.Compute(found);
            if (metadata.Extensions.Count > 0)
            {
                fingerprint[Fingerprint.ExtensionsKey] = string.Join(", ", metadata.Extensions);
            }
            return fingerprint;
        }
        catch (HoldfastException e)
        {
            plan.OnFailure(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => dump.DisposeAsync();
}

using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Around;
using Holdfast.Engines.PostgreSql.Connecting;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tools;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>One database, held at one moment by the snapshot of an open transaction. Writers never wait for it.</summary>
internal sealed class PostgreSqlView(PostgreSqlViewPlan plan, NpgsqlConnection connection) : IDatabaseView
{
    /// <summary>Name of the item that tells what the database needs from outside.</summary>
    public const string AroundItem = "database.json";

    /// <summary>Name of the item that is the dump, in PostgreSQL's custom format.</summary>
    public const string DumpItem = "database.dump";

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
    public IReadOnlyList<string> Warnings => plan.Warnings;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken)
    {
        try
        {
            var around = await SurroundingsReader.ReadAsync(connection, cancellationToken);
            var json = JsonSerializer.SerializeToUtf8Bytes(around, AroundJson.Default.Surroundings);
            await sink.WriteStreamAsync(AroundItem, json.Length, async (output, token) => await output.WriteAsync(json, token), cancellationToken);
            DumpScanner? dump = null;
            await sink.WriteStreamAsync(DumpItem, ExpectedBytes, async (output, token) => dump = await DumpAsync(output, token), cancellationToken);
            var fingerprint = Fingerprint.Of(dump ?? throw new InvalidOperationException("The sink did not take the dump."));
            fingerprint[Fingerprint.Extensions] = string.Join(", ", around.Extensions);
            return fingerprint;
        }
        catch (NpgsqlException e)
        {
            var failure = ServerFailure.Of(e, $"'{plan.Database}' on {plan.Server.Host}");
            plan.Ended(failure);
            throw failure;
        }
        catch (HoldfastException e)
        {
            plan.Ended(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<DumpScanner> DumpAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        using var folder = PrivateFolder.Make(plan.Config.TemporaryFolder);
        var passFile = await Pass.FileAsync(plan.Config, plan.Connector, folder, cancellationToken);
        string[] arguments =
        [
            "--format=custom", "--compress=0", "--no-password", $"--snapshot={plan.Snapshot}",
            string.Create(CultureInfo.InvariantCulture, $"--lock-wait-timeout={plan.Config.LockWait.TotalMilliseconds:0}"),
            $"--dbname={ConnectionInfo.For(plan.Config, plan.Server.Host, plan.Database)}",
        ];
        return await DumpPump.RunAsync(plan.Tool, arguments, passFile, plan.Database, plan.ExpectedBytes, output, cancellationToken);
    }
}

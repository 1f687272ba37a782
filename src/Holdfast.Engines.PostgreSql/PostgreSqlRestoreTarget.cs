using System.Globalization;
using System.Text.Json;
using Holdfast.Archive.Items;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Connections;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Metadata;
using Holdfast.Engines.PostgreSql.Restore.Deferred;
using Holdfast.Engines.PostgreSql.Restore.Loading;
using Holdfast.Engines.PostgreSql.Restore.Roles;
using Holdfast.Engines.PostgreSql.Restore.Targets;
using Holdfast.Engines.PostgreSql.Tools;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Restores a database from a dump.</summary>
internal sealed class PostgreSqlRestoreTarget(
    PostgreSqlSourceConfig config,
    Connector connector,
    ToolFinder tools,
    TargetRole role,
    RestoreRole restoreRole,
    NewDatabase database,
    RestoreRequest request
) : IRestoreTarget
{
    /// <inheritdoc/>
    public SourceInfo? Source => database.Server.Info;

    /// <inheritdoc/>
    public RestoreRoleState? RestoreRole => restoreRole.State;

    private const int MaxMetadataBytes = 16 << 20;

    // Nothing needs to be durable before the statement that gives the database its final name.
    private const string LoadOptions = "-c synchronous_commit=off";

    // While rows are loaded, all processors are busy: parallel workers for a single index cost more than they gain.
    private const string ConcurrentWithRowsOptions = LoadOptions + " -c max_parallel_maintenance_workers=0";

    private readonly List<string> _warnings = [];
    private readonly List<string> _omissions = [];
    private IReadOnlyList<(string What, string Sql)>? _grants; // null until the dump is loaded

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> OmittedObjects => _omissions;

    /// <inheritdoc/>
    public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var names = items.Items.Where(i => i.Kind == ItemKind.Stream).Select(i => i.Name).Order(StringComparer.Ordinal).ToList();
        if (items.Items.Count != 2 || !names.SequenceEqual([PostgreSqlView.DumpItem, PostgreSqlView.MetadataItem]))
        {
            throw Refused($"it contains {string.Join(", ", items.Items.Select(i => $"'{i.Name}'"))}");
        }
        var metadata = await ReadMetadataAsync(items, cancellationToken);
        restoreRole.SetSourceDatabase(metadata.Name);
        try
        {
            CheckVersion(metadata);
            var missingRoles = RestoreFilter.GetRequiredRoles(metadata, role, config.Restore);
            var withRoles = role;
            if (config.Restore.MissingRoles == MissingRoles.Create && missingRoles.Count > 0)
            {
                await database.CreateRolesAsync(missingRoles, cancellationToken);
                withRoles = role with { AllRoles = role.AllRoles.Concat(missingRoles).ToHashSet(StringComparer.Ordinal) };
                _warnings.Add($"These roles were created, without LOGIN: {string.Join(", ", missingRoles.Select(n => $"'{n}'"))}.");
            }

            var grants = await database.Watchdog.RunAsync(
                async token =>
                {
                    await database.CreateAsync(metadata, restoreRole.Owner ?? (config.Restore.KeepOwners ? metadata.Owner : null), token);
                    return await LoadAsync(items, metadata, withRoles, token);
                },
                cancellationToken
            );
            if (await restoreRole.VerifyAsync(database.Server, database.Maintenance, isOver: true, cancellationToken) is { } roleWarning)
            {
                _warnings.Add(roleWarning);
            }
            if (await restoreRole.GetSharedOwnerWarningAsync(database.Maintenance, cancellationToken) is { } ownerWarning)
            {
                _warnings.Add(ownerWarning);
            }
            _grants = grants;
        }
        catch (Exception e) when (e is not HoldfastException known || known.Error != ErrorCatalog.RestoreRoleChanged)
        {
            // Code of the old database may have run, and be the cause.
            await VerifyEndedAsync();
            if (e is NpgsqlException)
            {
                throw ServerErrorTranslator.Translate(e, $"'{request.Name}' on {database.Server.Host}");
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        var grants = _grants ?? throw new InvalidOperationException("Nothing was loaded.");
        var (omissions, terminationWarning) = await database.CommitAsync(grants, config.RenameWait, cancellationToken);
        AddOmissions(omissions);
        if (terminationWarning is not null)
        {
            _warnings.Add(terminationWarning);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await database.DisposeAsync();
        }
        finally
        {
            restoreRole.EndUse(); // else later restores would be attributed to this one as well
        }
    }

    private void AddOmissions(IReadOnlyList<string> what)
    {
        _omissions.AddRange(what);
        _warnings.AddRange(what);
    }

    // Runs after a restore that has failed, was aborted or cancelled. It removes the database first, and terminates its
    // sessions: otherwise code in an abandoned session could change the role after it was checked. A cancelled caller
    // does not wait long.
    private async Task VerifyEndedAsync()
    {
        var isOver = await database.TryRemoveAsync();
        using var timeout = new CancellationTokenSource(2 * config.ConnectTimeout, TimeProvider.System);
        try
        {
            await using var connection = await database.ConnectAsync(timeout.Token);
            await restoreRole.VerifyAsync(database.Server, connection, isOver, timeout.Token);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalog.RestoreRoleChanged)
        {
            // The server does not answer: that is why the restore has failed.
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            // The server did not answer in time.
        }
    }

    // The role that sessions switch to. A dedicated restore role does not switch.
    private string? SessionRole => restoreRole.IsDedicated ? null : config.Restore.Owner;

    private static HoldfastException Refused(string what) =>
        new(ErrorCatalog.Refused, $"The archive is not a PostgreSQL backup by Holdfast: {what}.", "Do not trust its origin.");

    private static async Task<DatabaseMetadata> ReadMetadataAsync(IItemSource items, CancellationToken cancellationToken)
    {
        using var json = new MemoryStream();
        await items.CopyStreamAsync(
            PostgreSqlView.MetadataItem,
            (bytes, _) =>
            {
                if (json.Length + bytes.Length > MaxMetadataBytes)
                {
                    throw Refused($"'{PostgreSqlView.MetadataItem}' has more than {MaxMetadataBytes} bytes");
                }
                json.Write(bytes.Span);
                return default;
            },
            cancellationToken
        );
        try
        {
            var metadata = JsonSerializer.Deserialize(
                json.GetBuffer().AsSpan(0, (int)json.Length),
                DatabaseMetadataJson.Default.DatabaseMetadata
            );
            return metadata ?? throw Refused($"'{PostgreSqlView.MetadataItem}' is empty");
        }
        catch (JsonException e)
        {
            throw Refused($"'{PostgreSqlView.MetadataItem}' cannot be read: {e.Message}");
        }
    }

    private void CheckVersion(DatabaseMetadata metadata)
    {
        if (!int.TryParse(metadata.ServerVersion.Split('.')[0], out var major))
        {
            throw Refused($"it has an unknown version '{metadata.ServerVersion}'");
        }
        if (major > database.Server.Major)
        {
            throw new HoldfastException(
                ErrorCatalog.NotAllowed,
                $"'{metadata.Name}' was backed up from PostgreSQL {metadata.ServerVersion}, and {database.Server.Host} has "
                    + $"{database.Server.ShortVersion}: an older server may not support what a newer one has.",
                $"Restore to a server of version {major} or newer."
            );
        }
    }

    private async Task<IReadOnlyList<(string What, string Sql)>> LoadAsync(
        IItemSource items,
        DatabaseMetadata metadata,
        TargetRole withRoles,
        CancellationToken cancellationToken
    )
    {
        using var folder = PrivateFolder.Create(config.TemporaryFolder);
        var passFile = await PassFileProvider.GetPathAsync(config, connector, folder, cancellationToken);
        var ownsPublic = await OwnsPublicSchemaAsync(withRoles, cancellationToken);
        var filter = new RestoreFilter(withRoles, metadata, ownsPublic);
        var runner = new PgRestoreRunner(
            tools,
            new()
            {
                Server = database.Server,
                User = config.User,
                Database = request.Name,
                Arguments = [.. await BuildArgumentsAsync(metadata, cancellationToken)],
                ConnectionInfo = BuildConnectionInfo(LoadOptions),
                ConcurrentConnectionInfo = BuildConnectionInfo(ConcurrentWithRowsOptions),
                PassFile = passFile,
                ContinueOnError = request.ContinueOnError,
            },
            folder
        );
        var jobs = Math.Clamp(config.Restore.Jobs, 1, 64);
        var sessions = new LoadSessionFactory(
            token => connector.ConnectAsync(database.Server.Host, database.TemporaryName, token, database.Watchdog, database.Encoding),
            SessionRole is null ? null : NameEncoding.ToDatabaseEncoding(SessionRole, NameEncoding.GetEncoding(database.Encoding))
        );
        var rows = new RowLoader(
            sessions,
            $"'{request.Name}' on {database.Server.Host}",
            request.ContinueOnError ? null : ToolErrorTranslator.RestoreHint,
            jobs
        );
        var deferred = request.ContinueOnError ? new DeferredChecks(sessions) : null;
        await using var loader = new DumpLoader(runner, filter, database.GuardConnection, rows, deferred, jobs);
        try
        {
            await items.CopyStreamAsync(PostgreSqlView.DumpItem, AppendAsync, cancellationToken);
            database.Watchdog.IsWaitingForArchive = false;
            await loader.CompleteRowsAsync(cancellationToken);
            Fingerprint.Verify(loader.Scanner, request.Fingerprint);
            await loader.VerifyAsync(cancellationToken);
        }
        catch (HoldfastException e) when (runner.Failed.Count > 0)
        {
            // A table that could not be created has no rows either, and rows are never skipped.
            throw new HoldfastException(
                e.Error,
                $"{Sentence.EnsureTerminated(e.Message)} Before that, {runner.Failed.Count} objects could not be created. "
                    + $"{string.Join(' ', runner.Failed.Take(3).Select(f => f.Text))}",
                e.Hint,
                e
            );
        }

        // The listed statements can be executed in this order.
        var definitionFailures = runner.Failed;
        await loader.RestorePostDataAsync(cancellationToken);
        List<string> failed =
        [
            .. definitionFailures.Where(f => !f.IsAttachPartition).Select(f => f.Text),
            .. deferred?.Failures ?? [],
            .. definitionFailures.Where(f => f.IsAttachPartition).Select(f => f.Text),
            .. deferred is null ? [] : await deferred.DescribeUnmovedRowsAsync(database.GuardConnection, cancellationToken),
            .. runner.Failed.Skip(definitionFailures.Count).Select(f => f.Text),
            .. deferred is null ? [] : await deferred.DescribeStaleViewsAsync(database.GuardConnection, cancellationToken),
        ];
        if (ownsPublic && database.Server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner)
        {
            await PublicSchemaGrants.ApplyAsync(database.GuardConnection, metadata, withRoles, cancellationToken);
        }
        if (await database.TransferOwnershipAsync(cancellationToken) is > 0 and var remaining)
        {
            _warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{remaining} objects still belong to '{restoreRole.Name}', which restored them: list them with pg_shdepend."
                )
            );
        }
        var properties = new DatabaseProperties(
            database.Maintenance,
            database.TemporaryName,
            withRoles,
            restoreRole.Name,
            config.Restore.AllowPrivilegedRole
        );
        await properties.ApplyAsync(metadata, cancellationToken);
        if (runner.Tool.VulnerabilityWarning is { } warning)
        {
            _warnings.Add(warning);
        }
        AddOmissions([.. failed, .. filter.Omissions]);
        _warnings.AddRange([.. runner.Warnings, .. await CompareExtensionsAsync(cancellationToken)]);
        var grants = properties.BuildGrants(metadata, request.Name, database.HasTemporaryGrant ? restoreRole.Name : null);
        AddOmissions(properties.Omissions);
        return grants;

        // Between two chunks the restore waits for the archive, not for the server.
        async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
        {
            database.Watchdog.IsWaitingForArchive = false;
            await loader.AppendAsync(bytes, token);
            database.Watchdog.IsWaitingForArchive = true;
        }
    }

    // Before version 15, the bootstrap superuser owns the schema public, whoever owns the database.
    private async Task<bool> OwnsPublicSchemaAsync(TargetRole withRoles, CancellationToken cancellationToken) =>
        withRoles.IsSuperuser
        || (
            await database.GuardConnection.QueryAsync(
                "SELECT pg_catalog.pg_has_role($1, nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname "
                    + "OPERATOR(pg_catalog.=) 'public'",
                r => r.GetBoolean(0),
                cancellationToken,
                NameEncoding.ToDatabaseEncoding(withRoles.Name, NameEncoding.GetEncoding(database.Encoding))
            )
        )
            is [true];

    private string BuildConnectionInfo(string options) =>
        ConnectionInfo.Build(
            config,
            database.Server.Host,
            database.TemporaryName,
            database.Watchdog.ApplicationName,
            connector.ToolOptions(database.Server, options)
        );

    private async Task<IEnumerable<string>> BuildArgumentsAsync(DatabaseMetadata metadata, CancellationToken cancellationToken)
    {
        List<string> arguments = ["--no-password"];
        if (!config.Restore.KeepOwners)
        {
            arguments.Add("--no-owner");
        }
        if (SessionRole is not null)
        {
            arguments.Add($"--role={SessionRole}");
        }
        if (metadata.Tablespaces.Count == 0)
        {
            return arguments;
        }
        var present = await database.Maintenance.QueryAsync("SELECT spcname FROM pg_tablespace", r => r.GetString(0), cancellationToken);
        if (metadata.Tablespaces.Except(present).ToList() is not { Count: > 0 } missing)
        {
            return arguments;
        }
        arguments.Add("--no-tablespaces");
        _warnings.Add(
            $"All objects are in the default tablespace: the target server does not have "
                + $"{string.Join(", ", missing.Select(t => $"'{t}'"))}."
        );
        return arguments;
    }

    private async Task<IEnumerable<string>> CompareExtensionsAsync(CancellationToken cancellationToken)
    {
        if (!request.Fingerprint.TryGetValue(Fingerprint.ExtensionsKey, out var backedUp))
        {
            return [];
        }
        var current = string.Join(", ", await DatabaseMetadataReader.ExtensionsAsync(database.GuardConnection, cancellationToken));
        return current == backedUp ? [] : [$"The extensions are {current} on this server; they were {backedUp}."];
    }
}

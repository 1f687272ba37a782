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
using Npgsql;

namespace Holdfast.Engines.PostgreSql;

/// <summary>Makes a database from a dump.</summary>
internal sealed class PostgreSqlRestoreTarget(
    PostgreSqlSourceConfig config,
    Connector connector,
    ToolFinder tools,
    TargetRole role,
    RestoreRole restoring,
    NewDatabase made,
    RestoreRequest request
) : IRestoreTarget
{
    /// <inheritdoc/>
    public SourceInfo? Source => made.Server.Info;

    /// <inheritdoc/>
    public RestoreRoleState? RestoreRole => restoring.State;

    private const int MaxMetadataBytes = 16 << 20;

    // What is written becomes lasting with the statement that gives the database its name.
    private const string LoadOptions = "-c synchronous_commit=off";

    // While rows are loaded, the processors are at work: to share the building of one index among them costs more than it gains.
    private const string ConcurrentWithRowsOptions = LoadOptions + " -c max_parallel_maintenance_workers=0";

    private readonly List<string> _warnings = [];
    private readonly List<string> _leftOut = [];
    private IReadOnlyList<(string What, string Sql)>? _grants; // null until it is loaded

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public IReadOnlyList<string> OmittedObjects => _leftOut;

    /// <inheritdoc/>
    public async Task LoadAsync(IItemSource items, CancellationToken cancellationToken)
    {
        var names = items.Items.Where(i => i.Kind == ItemKind.Stream).Select(i => i.Name).Order(StringComparer.Ordinal).ToList();
        if (items.Items.Count != 2 || !names.SequenceEqual([PostgreSqlView.DumpItem, PostgreSqlView.MetadataItem]))
        {
            throw Refused($"it holds {string.Join(", ", items.Items.Select(i => $"'{i.Name}'"))}");
        }
        var around = await ReadMetadataAsync(items, cancellationToken);
        restoring.SetSourceDatabase(around.Name);
        try
        {
            CheckVersion(around);
            var needed = RestoreFilter.GetRequiredRoles(around, role, config.Restore);
            var withRoles = role;
            if (config.Restore.MissingRoles == MissingRoles.Create && needed.Count > 0)
            {
                await made.CreateRolesAsync(needed, cancellationToken);
                withRoles = role with { AllRoles = role.AllRoles.Concat(needed).ToHashSet(StringComparer.Ordinal) };
                _warnings.Add($"These roles were made, without the right to log in: {string.Join(", ", needed.Select(n => $"'{n}'"))}.");
            }

            var grants = await made.Watchdog.RunAsync(
                async token =>
                {
                    await made.CreateAsync(around, restoring.Owner ?? (config.Restore.KeepOwners ? around.Owner : null), token);
                    return await LoadAsync(items, around, withRoles, token);
                },
                cancellationToken
            );
            if (await restoring.VerifyAsync(made.Server, made.Maintenance, isOver: true, cancellationToken) is { } unsure)
            {
                _warnings.Add(unsure);
            }
            if (await restoring.GetSharedOwnerWarningAsync(made.Maintenance, cancellationToken) is { } shared)
            {
                _warnings.Add(shared);
            }
            _grants = grants;
        }
        catch (Exception e) when (e is not HoldfastException known || known.Error != ErrorCatalogue.RestoreRoleChanged)
        {
            // Code of the old database may have run, and be the reason.
            await VerifyEndedAsync();
            if (e is NpgsqlException)
            {
                throw ServerErrorTranslator.Translate(e, $"'{request.Name}' on {made.Server.Host}");
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        var grants = _grants ?? throw new InvalidOperationException("Nothing was loaded.");
        var (leftOut, ended) = await made.CommitAsync(grants, config.RenameWait, cancellationToken);
        AddOmissions(leftOut);
        if (ended is not null)
        {
            _warnings.Add(ended);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await made.DisposeAsync();
        }
        finally
        {
            restoring.EndUse(); // else every later restore would be told together with this one
        }
    }

    private void AddOmissions(IReadOnlyList<string> what)
    {
        _leftOut.AddRange(what);
        _warnings.AddRange(what);
    }

    // Of a restore that has failed, was given up or stopped. The database goes first, and its sessions with it: code in
    // one that nobody waits for any more
    // would else change the role after it was looked at. Whoever stopped it does not wait for long.
    private async Task VerifyEndedAsync()
    {
        var isOver = await made.TryRemoveAsync();
        using var limit = new CancellationTokenSource(2 * config.ConnectTimeout, TimeProvider.System);
        try
        {
            await using var connection = await made.ConnectAsync(limit.Token);
            await restoring.VerifyAsync(made.Server, connection, isOver, limit.Token);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalogue.RestoreRoleChanged)
        {
            // The server does not answer: that is what the restore failed with.
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Nor does it in time.
        }
    }

    // The role that the connections of one role become; one that is there for restores alone stays what it is.
    private string? SessionRole => restoring.IsDedicated ? null : config.Restore.Owner;

    private static HoldfastException Refused(string what) =>
        new(ErrorCatalogue.Refused, $"The archive is no PostgreSQL backup of Holdfast: {what}.", "Do not trust where it came from.");

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
            var around = JsonSerializer.Deserialize(
                json.GetBuffer().AsSpan(0, (int)json.Length),
                DatabaseMetadataJson.Default.DatabaseMetadata
            );
            return around ?? throw Refused($"'{PostgreSqlView.MetadataItem}' is empty");
        }
        catch (JsonException e)
        {
            throw Refused($"'{PostgreSqlView.MetadataItem}' cannot be read: {e.Message}");
        }
    }

    private void CheckVersion(DatabaseMetadata around)
    {
        if (!int.TryParse(around.ServerVersion.Split('.')[0], out var major))
        {
            throw Refused($"it is of a version '{around.ServerVersion}'");
        }
        if (major > made.Server.Major)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotAllowed,
                $"'{around.Name}' was backed up from PostgreSQL {around.ServerVersion}, and {made.Server.Host} has "
                    + $"{made.Server.ShortVersion}: what the newer one has, the older one cannot take.",
                $"Restore to a server of version {major} or newer."
            );
        }
    }

    private async Task<IReadOnlyList<(string What, string Sql)>> LoadAsync(
        IItemSource items,
        DatabaseMetadata around,
        TargetRole withRoles,
        CancellationToken cancellationToken
    )
    {
        using var folder = PrivateFolder.Create(config.TemporaryFolder);
        var passFile = await PassFileProvider.GetPathAsync(config, connector, folder, cancellationToken);
        var ownsPublic = await OwnsPublicSchemaAsync(withRoles, cancellationToken);
        var list = new RestoreFilter(withRoles, around, ownsPublic);
        var runs = new PgRestoreRunner(
            tools,
            made.Server,
            config.User,
            request.Name,
            [.. await BuildArgumentsAsync(around, cancellationToken)],
            (BuildConnectionInfo(LoadOptions), BuildConnectionInfo(ConcurrentWithRowsOptions)),
            passFile,
            request.ContinueOnError,
            folder
        );
        var jobs = Math.Clamp(config.Restore.Jobs, 1, 64);
        var sessions = new LoadSessionFactory(
            token => connector.ConnectAsync(made.Server.Host, made.TemporaryName, token, made.Watchdog, made.Encoding),
            SessionRole is null ? null : NameEncoding.ToDatabaseEncoding(SessionRole, NameEncoding.GetEncoding(made.Encoding))
        );
        var rows = new RowLoader(
            sessions,
            $"'{request.Name}' on {made.Server.Host}",
            request.ContinueOnError ? null : ToolErrorTranslator.RestoreHint,
            jobs
        );
        var late = request.ContinueOnError ? new DeferredChecks(sessions) : null;
        await using var load = new DumpLoader(runs, list, made.GuardConnection, rows, late, jobs);
        try
        {
            await items.CopyStreamAsync(PostgreSqlView.DumpItem, TakeAsync, cancellationToken);
            made.Watchdog.IsWaitingForArchive = false;
            await load.CompleteRowsAsync(cancellationToken);
            Fingerprint.Verify(load.Scanner, request.Fingerprint);
            await load.VerifyAsync(cancellationToken);
        }
        catch (HoldfastException e) when (runs.Failed.Count > 0)
        {
            // A table that could not be made has no rows either, and rows are never left out.
            throw new HoldfastException(
                e.Error,
                $"{Sentence.EnsureTerminated(e.Message)} Before, {runs.Failed.Count} objects could not be made. "
                    + $"{string.Join(' ', runs.Failed.Take(3).Select(f => f.Text))}",
                e.Hint,
                e
            );
        }

        // What is listed can be run in its order.
        var ofDefinitions = runs.Failed;
        await load.RestorePostDataAsync(cancellationToken);
        List<string> failed =
        [
            .. ofDefinitions.Where(f => !f.IsAttachPartition).Select(f => f.Text),
            .. late?.Failures ?? [],
            .. ofDefinitions.Where(f => f.IsAttachPartition).Select(f => f.Text),
            .. late is null ? [] : await late.DescribeUnmovedRowsAsync(made.GuardConnection, cancellationToken),
            .. runs.Failed.Skip(ofDefinitions.Count).Select(f => f.Text),
            .. late is null ? [] : await late.DescribeStaleViewsAsync(made.GuardConnection, cancellationToken),
        ];
        if (ownsPublic && made.Server.Major < PublicSchemaGrants.FirstMajorOwnedByDatabaseOwner)
        {
            await PublicSchemaGrants.ApplyAsync(made.GuardConnection, around, withRoles, cancellationToken);
        }
        if (await made.TransferOwnershipAsync(cancellationToken) is > 0 and var left)
        {
            _warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{left} objects still belong to '{restoring.Name}', which restored them: look at what they are (pg_shdepend)."
                )
            );
        }
        var properties = new DatabaseProperties(
            made.Maintenance,
            made.TemporaryName,
            withRoles,
            restoring.Name,
            config.Restore.AllowPrivilegedRole
        );
        await properties.ApplyAsync(around, cancellationToken);
        if (runs.Tool.VulnerabilityWarning is { } warning)
        {
            _warnings.Add(warning);
        }
        AddOmissions([.. failed, .. list.LeftOut]);
        _warnings.AddRange([.. runs.Warnings, .. await CompareExtensionsAsync(cancellationToken)]);
        var grants = properties.BuildGrants(around, request.Name, made.HasTemporaryGrant ? restoring.Name : null);
        AddOmissions(properties.LeftOut);
        return grants;

        // Between two pieces the archive is waited for, and not the server.
        async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
        {
            made.Watchdog.IsWaitingForArchive = false;
            await load.AppendAsync(bytes, token);
            made.Watchdog.IsWaitingForArchive = true;
        }
    }

    // Before version 15 the schema public belongs to the role that made the server, whoever owns the database.
    private async Task<bool> OwnsPublicSchemaAsync(TargetRole withRoles, CancellationToken cancellationToken) =>
        withRoles.IsSuperuser
        || (
            await made.GuardConnection.QueryAsync(
                "SELECT pg_catalog.pg_has_role($1, nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname "
                    + "OPERATOR(pg_catalog.=) 'public'",
                r => r.GetBoolean(0),
                cancellationToken,
                NameEncoding.ToDatabaseEncoding(withRoles.Name, NameEncoding.GetEncoding(made.Encoding))
            )
        )
            is [true];

    private string BuildConnectionInfo(string options) =>
        ConnectionInfo.Build(
            config,
            made.Server.Host,
            made.TemporaryName,
            made.Watchdog.ApplicationName,
            connector.ToolOptions(made.Server, options)
        );

    private async Task<IEnumerable<string>> BuildArgumentsAsync(DatabaseMetadata around, CancellationToken cancellationToken)
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
        if (around.Tablespaces.Count == 0)
        {
            return arguments;
        }
        var present = await made.Maintenance.QueryAsync("SELECT spcname FROM pg_tablespace", r => r.GetString(0), cancellationToken);
        if (around.Tablespaces.Except(present).ToList() is not { Count: > 0 } lacking)
        {
            return arguments;
        }
        arguments.Add("--no-tablespaces");
        _warnings.Add($"All lies in the default tablespace: the target does not have {string.Join(", ", lacking.Select(t => $"'{t}'"))}.");
        return arguments;
    }

    private async Task<IEnumerable<string>> CompareExtensionsAsync(CancellationToken cancellationToken)
    {
        if (!request.Fingerprint.TryGetValue(Fingerprint.ExtensionsKey, out var backedUp))
        {
            return [];
        }
        var here = string.Join(", ", await DatabaseMetadataReader.ExtensionsAsync(made.GuardConnection, cancellationToken));
        return here == backedUp ? [] : [$"The extensions are {here} here; they were {backedUp}."];
    }
}

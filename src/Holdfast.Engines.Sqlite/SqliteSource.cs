using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Restores;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Readers;
using Holdfast.Engines.Sqlite.Restore;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite;

/// <summary>A directory of SQLite files.</summary>
internal sealed class SqliteSource(
    SqliteSourceConfig config,
    TimeProvider time,
    ScriptFormat script,
    SqliteTuning tuning,
    ReaderPool? readers = null,
    AccountResolver? accounts = null
) : IDatabaseSource
{
    private readonly DatabaseFinder _finder = new(config, time);
    private readonly AccountResolver _accounts = accounts ?? new(time);
    private volatile CachedSourceInfo? _cachedRoot;

    /// <inheritdoc/>
    public string Name => config.Name;

    /// <inheritdoc/>
    public SkippedFiles SkippedFiles => _finder.SkippedFiles;

    /// <inheritdoc/>
    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => Task.Run(Describe, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> AssignIdentityAsync(string identity, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                var isWritten = SourceIdentity.TryWrite(FolderWalker.ResolveRoot(config.Path), identity);
                _cachedRoot = null;
                return isWritten;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, HoldfastException>> ExplainAbsenceAsync(
        IReadOnlyCollection<string> names,
        CancellationToken cancellationToken
    ) =>
        Task.Run(
            () =>
                (IReadOnlyDictionary<string, HoldfastException>)
                    AbsenceExplainer.Explain(FolderWalker.ResolveRoot(config.Path), _finder, names, cancellationToken),
            cancellationToken
        );

    /// <inheritdoc/>
    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var database in await Task.Run(() => _finder.Find(cancellationToken), cancellationToken))
        {
            yield return database;
        }
    }

    /// <inheritdoc/>
    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        Task.Run<IDatabaseView>(() => OpenIdentifiedAsync(database, request, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        Task.Run<IRestoreTarget>(() => BeginIdentifiedRestoreAsync(request), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                foreach (var file in FolderWalker.EnumerateFiles(FolderWalker.ResolveRoot(config.Path), cancellationToken))
                {
                    // Relative to the folder that was listed: everything that belongs together is in it.
                    if (
                        file.Problem is null
                        && file.FileName.StartsWith(SideFiles.RestorePrefix, StringComparison.Ordinal)
                        && SideFiles.IsHoldfastFile(file.FileName)
                    )
                    {
                        OrphanedFiles.Remove([file.OpenPath], SideFiles.RestorePrefix);
                    }
                }

                if (Directory.Exists(config.SpoolFolder))
                {
                    OrphanedFiles.Remove(
                        Directory
                            .GetFiles(config.SpoolFolder, SideFiles.SpoolPrefix + "*")
                            .Where(f => SideFiles.IsHoldfastFile(Path.GetFileName(f))),
                        SideFiles.SpoolPrefix
                    );
                }
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    // The source information is read after opening: at that time, the path leads to what was opened, or to something
    // newer.
    private async Task<IDatabaseView> OpenIdentifiedAsync(
        DiscoveredDatabase database,
        ViewRequest request,
        CancellationToken cancellationToken
    )
    {
        IHeldView view =
            readers is not null && FileWriteAccess.CanOthersWrite(FolderWalker.ResolveRoot(config.Path), database.Name)
                ? await OpenRemoteAsync(readers, database, request, cancellationToken)
                : await OpenAsync(database, request, cancellationToken);
        try
        {
            view.Source = GetCurrentInfo();
            return view;
        }
        catch
        {
            await view.DisposeAsync();
            throw;
        }
    }

    private async Task<IRestoreTarget> BeginIdentifiedRestoreAsync(RestoreRequest request)
    {
        var target = new SqliteRestoreTarget(
            NewDatabaseFile.Begin(config.Path, request.Name, request.ExpectedBytes),
            request,
            script,
            _accounts
        );
        try
        {
            target.Source = GetCurrentInfo();
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    // Called for each database: the identity file is not read again as long as the directory is the same.
    private SourceInfo GetCurrentInfo() =>
        _cachedRoot is { } known && GetRootStatus() is { } root && known.IsSameRoot(root) ? known.Info : Describe();

    // Status of the directory itself, even if the path to it is a link.
    private FileStatus? GetRootStatus() => FileStatus.Get($"{config.Path}/.");

    // A file that others can write to can crash the process that reads it.
    private async Task<RemoteView> OpenRemoteAsync(
        ReaderPool processes,
        DiscoveredDatabase database,
        ViewRequest request,
        CancellationToken cancellationToken
    )
    {
        if (database.Problem is { } problem)
        {
            throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        }
        var root = FolderWalker.ResolveRoot(config.Path);
        var path = DatabasePath.Combine(root, database.Name);
        var absolute = config with { Path = root, SpoolFolder = Path.GetFullPath(config.SpoolFolder) };
        return await RemoteView.OpenAsync(processes, path, absolute, database, request, cancellationToken);
    }

    /// <summary>Opens a view in this process.</summary>
    internal async Task<SqliteView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        var file = DatabaseFile.Find(FolderWalker.ResolveRoot(config.Path), database.Name);
        try
        {
            var plan = CreatePlan(file, database, request);
            if (plan.Type == BackupType.Snapshot)
            {
                return new(
                    await LockedImageOpener.OpenSpooledAsync(file, plan.IsEncrypted, plan.Key, config, tuning, time, cancellationToken),
                    plan,
                    file
                );
            }
            var (image, heldSince) = await LockedImageOpener.OpenAsync(
                file,
                plan.IsEncrypted,
                plan.Key,
                config,
                tuning,
                time,
                cancellationToken
            );
            return new(image, plan, file, new DumpSource(image, plan, SpoolPolicy.For(image, config, tuning), heldSince, time));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private SqliteViewPlan CreatePlan(DatabaseFile file, DiscoveredDatabase database, ViewRequest request)
    {
        var path = file.DisplayPath;
        var code = FileHeader.TryRead(file.Path, out var header);
        if (code != SqliteConstants.Ok)
        {
            throw SqliteErrorTranslator.Translate(code, path, SqliteConnection.ErrorText(code));
        }
        var status = FileStatus.Get(file.Path) ?? default;
        if (status.Size < FileHeader.SmallestDatabase)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"'{path}' has {status.Size} bytes, which is less than the smallest database.",
                "It is empty or was truncated."
            );
        }
        if (database.Problem is { } problem)
        {
            throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        }
        var isListedAsEncrypted = _finder.IsEncrypted(database.Name) || database.Encryption == EncryptionState.Yes;
        if (!header.IsUnencrypted && !isListedAsEncrypted)
        {
            throw database.Encryption == EncryptionState.Maybe
                ? new HoldfastException(
                    ErrorCatalog.SourceUnreadable,
                    $"'{path}' looks like an encrypted database, but is not configured as one.",
                    "Add it with --encrypted ('encrypted' in the configuration)."
                )
                : SqliteErrorTranslator.Translate(SqliteConstants.NotADatabase, path, "no SQLite header");
        }

        var isEncrypted = !header.IsUnencrypted;
        var key = isEncrypted ? request.Key : null;
        var mustBeSnapshot = request.Type == BackupType.Backup && isEncrypted && key is null;
        return new()
        {
            Type = mustBeSnapshot ? BackupType.Snapshot : request.Type,
            TypeReason = mustBeSnapshot ? "the database's key is not known" : request.Instead,
            IsEncrypted = isEncrypted,
            Key = key,
            Warnings = Warnings(database.Name, isListedAsEncrypted && !isEncrypted, status.Links),
            File = FilePermissionRestore.Read(status, _accounts),
            Config = config,
            DumpRate = tuning.DumpRate,
            MaxDumpInMemory = tuning.MaxDumpInMemory,
            Dump = script.Dump,
        };
    }

    private static List<string> Warnings(string name, bool isNotEncrypted, uint links)
    {
        List<string> warnings = [];
        if (isNotEncrypted)
        {
            warnings.Add($"'{name}' is configured as encrypted, but it is not; it is treated as unencrypted.");
        }
        if (links > 1)
        {
            warnings.Add(
                $"'{name}' has {links} names (hard links); changes made through another name that are still in its log are missing."
            );
        }
        return warnings;
    }

    // The configuration may specify the identity: then a directory with another one is not this source.
    private SourceInfo Describe()
    {
        var before = GetRootStatus();
        var root = FolderWalker.ResolveRoot(config.Path);
        var identity = SourceIdentity.Read(root);
        if (identity is not null && config.Identity is { } configured && identity != configured)
        {
            throw new HoldfastException(
                ErrorCatalog.SourceUnreadable,
                $"The identity file of '{root}' contains '{identity}', but the configuration of source '{Name}' says '{configured}'.",
                "Mount the right directory, or correct 'identity' in the configuration."
            );
        }
        var info = new SourceInfo(identity ?? config.Identity, SqliteEngine.LibraryVersion, config.Role)
        {
            Location = SourceIdentity.GetLocation(root),
        };
        // Another file system may have been mounted in between.
        _cachedRoot =
            before is { } status && GetRootStatus() is { } now && new CachedSourceInfo(status, info) is var known && known.IsSameRoot(now)
                ? known
                : null;
        return info;
    }
}

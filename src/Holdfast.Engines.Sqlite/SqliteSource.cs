using System.Runtime.CompilerServices;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Readers;
using Holdfast.Engines.Sqlite.Restore;

namespace Holdfast.Engines.Sqlite;

/// <summary>A directory of SQLite files.</summary>
internal sealed class SqliteSource(
    SqliteSourceConfig config,
    TimeProvider time,
    ScriptFormat script,
    SqliteTuning tuning,
    ReaderPool? readers = null,
    Accounts? accounts = null
) : IDatabaseSource
{
    private readonly DatabaseFinder _finder = new(config, time);
    private readonly Accounts _accounts = accounts ?? new(time);
    private volatile KnownRoot? _known;

    /// <inheritdoc/>
    public string Name => config.Name;

    /// <inheritdoc/>
    public PassedOver PassedOver => _finder.PassedOver;

    /// <inheritdoc/>
    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) => Task.Run(Describe, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IdentifyAsync(string identity, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                var isWritten = SourceIdentity.TryWrite(FolderWalk.Root(config.Path), identity);
                _known = null;
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
                    Absence.Explain(FolderWalk.Root(config.Path), _finder, names, cancellationToken),
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
                foreach (var file in FolderWalk.Files(FolderWalk.Root(config.Path), cancellationToken))
                {
                    // From the folder that was listed: all of it that belongs together lies there.
                    if (
                        file.Problem is null
                        && file.FileName.StartsWith(SideFiles.RestorePrefix, StringComparison.Ordinal)
                        && SideFiles.IsOurs(file.FileName)
                    )
                    {
                        Orphans.Remove([file.Place], SideFiles.RestorePrefix);
                    }
                }

                if (Directory.Exists(config.SpoolFolder))
                {
                    Orphans.Remove(
                        Directory
                            .GetFiles(config.SpoolFolder, SideFiles.SpoolPrefix + "*")
                            .Where(f => SideFiles.IsOurs(Path.GetFileName(f))),
                        SideFiles.SpoolPrefix
                    );
                }
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    // After it is open: what the path leads to by then is what was opened, or has come since.
    private async Task<IDatabaseView> OpenIdentifiedAsync(
        DiscoveredDatabase database,
        ViewRequest request,
        CancellationToken cancellationToken
    )
    {
        IHeldView view =
            readers is not null && Strangers.MayWrite(FolderWalk.Root(config.Path), database.Name)
                ? await OpenRemoteAsync(readers, database, request, cancellationToken)
                : await OpenAsync(database, request, cancellationToken);
        try
        {
            view.Source = Current();
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
        var target = new SqliteRestoreTarget(NewFile.Begin(config.Path, request.Name, request.ExpectedBytes), request, script, _accounts);
        try
        {
            target.Source = Current();
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    // Asked for each database: as long as the directory is the same one, its id file is not read again.
    private SourceInfo Current() => _known is { } known && Status() is { } root && known.Is(root) ? known.Info : Describe();

    // Of the directory itself, where the path to it is a link.
    private FileStatus? Status() => FileStatus.Of($"{config.Path}/.");

    // What others may write to can end the process that reads it.
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
        var root = FolderWalk.Root(config.Path);
        var path = DatabasePath.Combine(root, database.Name);
        var absolute = config with { Path = root, SpoolFolder = Path.GetFullPath(config.SpoolFolder) };
        return await RemoteView.OpenAsync(processes, path, absolute, database, request, cancellationToken);
    }

    /// <summary>Opens a view in this process.</summary>
    internal async Task<SqliteView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        var file = DatabaseFile.Find(FolderWalk.Root(config.Path), database.Name);
        try
        {
            var plan = Plan(file, database, request);
            if (plan.Type == BackupType.Snapshot)
            {
                return new(
                    await LockedOpening.OpenSpooledAsync(file, plan.IsEncrypted, plan.Key, config, tuning, time, cancellationToken),
                    plan,
                    file
                );
            }
            var (image, heldSince) = await LockedOpening.OpenAsync(
                file,
                plan.IsEncrypted,
                plan.Key,
                config,
                tuning,
                time,
                cancellationToken
            );
            return new(image, plan, file, new DumpHold(image, plan, SpoolPolicy.For(image, config, tuning), heldSince, time));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private SqliteViewPlan Plan(DatabaseFile file, DiscoveredDatabase database, ViewRequest request)
    {
        var path = file.Shown;
        var code = FileHeader.TryRead(file.Path, out var header);
        if (code != SqliteConstants.Ok)
        {
            throw SqliteFailure.Of(code, path, SqliteConnection.ErrorText(code));
        }
        var status = FileStatus.Of(file.Path) ?? default;
        if (status.Size < FileHeader.SmallestDatabase)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"'{path}' has {status.Size} bytes, fewer than the smallest database.",
                "It is empty or was cut off."
            );
        }
        if (database.Problem is { } problem)
        {
            throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        }
        var isNamed = _finder.IsEncrypted(database.Name) || database.Encryption == EncryptionState.Yes;
        if (!header.IsPlain && !isNamed)
        {
            throw database.Encryption == EncryptionState.Maybe
                ? new HoldfastException(
                    ErrorCatalogue.SourceUnreadable,
                    $"'{path}' looks like an encrypted database, and no setting says so.",
                    "Name it with --encrypted (encrypted: in the configuration)."
                )
                : SqliteFailure.Of(SqliteConstants.NotADatabase, path, "no SQLite header");
        }

        var isEncrypted = !header.IsPlain;
        var key = isEncrypted ? request.Key : null;
        var mustBeImage = request.Type == BackupType.Backup && isEncrypted && key is null;
        return new()
        {
            Type = mustBeImage ? BackupType.Snapshot : request.Type,
            TypeReason = mustBeImage ? "the database's key is not known" : request.Instead,
            IsEncrypted = isEncrypted,
            Key = key,
            Warnings = Warnings(database.Name, isNamed && !isEncrypted, status.Links),
            File = FileTakeover.Of(status, _accounts),
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
            warnings.Add($"'{name}' has {links} names (hard links); what was written by another one, and lies in its log, is missing.");
        }
        return warnings;
    }

    // The configuration may say what the id file has to be: then another is a stranger's.
    private SourceInfo Describe()
    {
        var before = Status();
        var root = FolderWalk.Root(config.Path);
        var identity = SourceIdentity.Read(root);
        if (identity is not null && config.Identity is { } wanted && identity != wanted)
        {
            throw new HoldfastException(
                ErrorCatalogue.SourceUnreadable,
                $"The id file of '{root}' says '{identity}', and the configuration of source '{Name}' says '{wanted}'.",
                "Mount the right directory, or correct 'identity' in the configuration."
            );
        }
        var info = new SourceInfo(identity ?? config.Identity, SqliteEngine.LibraryVersion, config.Role)
        {
            Place = SourceIdentity.Place(root),
        };
        // Another may have been mounted in between.
        _known = before is { } was && Status() is { } now && new KnownRoot(was, info) is var known && known.Is(now) ? known : null;
        return info;
    }
}

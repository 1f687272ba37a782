using System.Runtime.CompilerServices;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Discovery;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Restore;

namespace Holdfast.Engines.Sqlite;

/// <summary>A directory of SQLite files.</summary>
internal sealed class SqliteSource(SqliteSourceConfig config, TimeProvider time, ScriptFormat script, SqliteTuning tuning) : IDatabaseSource
{
    private const int LongestIdentity = 200;
    private readonly DatabaseFinder _finder = new(config, time);

    /// <inheritdoc/>
    public string Name => config.Name;

    /// <inheritdoc/>
    public Task<SourceInfo> DescribeAsync(CancellationToken cancellationToken) =>
        Task.Run(() => new SourceInfo(Identity(FolderWalk.Root(config.Path)), SqliteEngine.LibraryVersion, config.Role), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<DiscoveredDatabase> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var database in await Task.Run(() => _finder.Find(cancellationToken), cancellationToken)) yield return database;
    }

    /// <inheritdoc/>
    public Task<IDatabaseView> OpenViewAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken) =>
        Task.Run<IDatabaseView>(async () => await OpenAsync(database, request, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IRestoreTarget> BeginRestoreAsync(RestoreRequest request, CancellationToken cancellationToken) =>
        Task.Run<IRestoreTarget>(() => new SqliteRestoreTarget(NewFile.Begin(config.Path, request.Name, request.ExpectedBytes), request, script), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveLeftoversAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var left = FolderWalk.Files(FolderWalk.Root(config.Path), cancellationToken).Where(f => f.Problem is null && f.FileName.StartsWith(SideFiles.RestorePrefix, StringComparison.Ordinal));
            Orphans.Remove([.. left.Select(f => f.Path)], SideFiles.RestorePrefix);
            if (Directory.Exists(config.SpoolFolder)) Orphans.Remove(Directory.GetFiles(config.SpoolFolder, SideFiles.SpoolPrefix + "*"), SideFiles.SpoolPrefix);
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private async Task<SqliteView> OpenAsync(DiscoveredDatabase database, ViewRequest request, CancellationToken cancellationToken)
    {
        var path = DatabasePath.ForExisting(FolderWalk.Root(config.Path), database.Name);
        var plan = Plan(path, database, request);
        if (plan.Key is null && plan.IsEncrypted)
        {
            return new(await KeylessOpening.OpenAsync(path, config, tuning, time, cancellationToken), plan);
        }

        var (image, heldSince) = await ConnectionOpening.OpenAsync(path, plan.Key, tuning, time, cancellationToken);
        var policy = SpoolPolicy.For(image, config, tuning);
        return plan.Type == BackupType.Snapshot
            ? new(new SpooledImage(image, policy, heldSince, time), plan)
            : new(image, plan, new DumpHold(image, plan, policy, heldSince, time));
    }

    private SqliteViewPlan Plan(string path, DiscoveredDatabase database, ViewRequest request)
    {
        var code = FileHeader.TryRead(path, out var header);
        if (code != SqliteConstants.Ok) throw SqliteFailure.Of(code, path, SqliteConnection.ErrorText(code));
        if (FileStatus.Of(path) is { Size: < FileHeader.SmallestDatabase } status)
            throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' has {status.Size} bytes, fewer than the smallest database.", "It is empty or was cut off.");
        if (database.Problem is { } problem) throw new HoldfastException(problem.Error, problem.Message, problem.Hint, problem);
        var isNamed = _finder.IsEncrypted(database.Name) || database.Encryption == EncryptionState.Yes;
        if (!header.IsPlain && !isNamed)
        {
            throw database.Encryption == EncryptionState.Maybe
                ? new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' looks like an encrypted database, and no setting says so.", "Name it with --encrypted (encrypted: in the configuration).")
                : SqliteFailure.Of(SqliteConstants.NotADatabase, path, "no SQLite header");
        }

        var isEncrypted = !header.IsPlain;
        var key = isEncrypted ? request.Key : null;
        var mustBeImage = request.Type == BackupType.Backup && isEncrypted && key is null;
        return new()
        {
            Type = mustBeImage ? BackupType.Snapshot : request.Type,
            TypeReason = mustBeImage ? "the database's key is not known" : null,
            IsEncrypted = isEncrypted,
            Key = key,
            Warnings = isNamed && !isEncrypted ? [$"'{database.Name}' is configured as encrypted, but it is not; it is treated as unencrypted."] : [],
            Config = config,
            DumpRate = tuning.DumpRate,
            MaxDumpInMemory = tuning.MaxDumpInMemory,
            Dump = script.Dump,
        };
    }

    private static string? Identity(string root)
    {
        var path = Path.Combine(root, SideFiles.IdentityFile);
        if (FileStatus.Of(path) is not { IsRegular: true }) return null;
        try
        {
            using var file = File.OpenHandle(path);
            var bytes = new byte[LongestIdentity];
            var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0)).Trim();
            return text.Length == 0 ? null : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(ErrorCatalogue.SourceUnreadable, $"'{path}' cannot be read: {e.Message}", "Let this user read it.", e);
        }
    }
}

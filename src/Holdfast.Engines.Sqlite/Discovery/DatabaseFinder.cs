using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Tells which files of a directory are databases.</summary>
internal sealed class DatabaseFinder(SqliteSourceConfig config, TimeProvider time)
{
    // A file whose status says that nothing has changed has the header that it had. One that changed a moment before it was read could change again within
    // the same tick of the file system's clock.
    private const long SettledNanoseconds = 2_000_000_000;

    private readonly NameGlobs _include = new(config.Include);
    private readonly NameGlobs _exclude = new(config.Exclude);
    private readonly NameGlobs _encrypted = new(config.Encrypted);
    private volatile Dictionary<string, (FileStatus Status, FileHeader Header)> _known = new(StringComparer.Ordinal); // swapped whole, never changed

    /// <summary>Whether the configuration says that the database is encrypted.</summary>
    public bool IsEncrypted(string name) => _encrypted.Matches(name);

    /// <summary>Finds all databases, in ordinal order of their names.</summary>
    public List<DiscoveredDatabase> Find(CancellationToken cancellationToken)
    {
        var root = FolderWalk.Root(config.Path);
        var found = new List<DiscoveredDatabase>();
        var seen = new Dictionary<string, (FileStatus Status, FileHeader Header)>(_known.Count, StringComparer.Ordinal);
        foreach (var file in FolderWalk.Files(root, cancellationToken))
        {
            if (SideFiles.IsOurs(file.FileName) || (!_include.IsEmpty && !_include.Matches(file.Name)) || _exclude.Matches(file.Name)) continue;
            if (file.Problem is not null) found.Add(new(file.Name, 0, EncryptionState.No) { Problem = file.Problem });
            else if (Look(file, seen) is { } database) found.Add(database);
        }

        _known = seen;
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    private DiscoveredDatabase? Look(in FoundFile file, Dictionary<string, (FileStatus Status, FileHeader Header)> seen)
    {
        if (file.Status.Size == 0) return null; // made and never written to: nothing in it
        var baseFile = SideFiles.BaseOf(file.Path);
        if (baseFile is not null && FileStatus.TryGet(baseFile, out _)) return null;
        var named = baseFile is null && IsEncrypted(file.Name);
        var code = Read(file, seen, out var header);
        if (code != SqliteConstants.Ok)
        {
            if (!FileStatus.TryGet(file.Path, out _)) return null; // gone meanwhile
            return new(file.Name, file.Status.Size, named ? EncryptionState.Yes : EncryptionState.No) { Problem = SqliteFailure.Of(code, file.Path, SqliteConnection.ErrorText(code)) };
        }

        if (!header.IsPlain && !named && (baseFile is not null || file.Status.Size < FileHeader.SmallestDatabase || !SideFiles.HasWal(file.Path))) return null;
        var state = header.IsPlain ? EncryptionState.No : named ? EncryptionState.Yes : EncryptionState.Maybe;
        var size = file.Status.Size + (FileStatus.Of(file.Path + "-wal")?.Size ?? 0);
        return new(file.Name, size, state) { Identity = $"{file.Status.Device:x}-{file.Status.Inode:x}", Problem = Problem(file, header, state) };
    }

    // Opens no file that is as it was: a poll of 10,000 databases costs a look at each, no more.
    private int Read(in FoundFile file, Dictionary<string, (FileStatus Status, FileHeader Header)> seen, out FileHeader header)
    {
        if (_known.TryGetValue(file.Path, out var known) && known.Status == file.Status)
        {
            seen[file.Path] = known;
            header = known.Header;
            return SqliteConstants.Ok;
        }

        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var code = FileHeader.TryRead(file.Path, out header);
        if (code == SqliteConstants.Ok && now - Math.Max(file.Status.Modified, file.Status.Changed) > SettledNanoseconds) seen[file.Path] = (file.Status, header);
        return code;
    }

    private static HoldfastException? Problem(in FoundFile file, in FileHeader header, EncryptionState state)
    {
        if (file.Status.Size < FileHeader.SmallestDatabase)
            return new(ErrorCatalogue.SourceUnreadable, $"'{file.Path}' has {file.Status.Size} bytes, fewer than the smallest database.", "It was cut off; restore it, or exclude it.");
        if (state == EncryptionState.No && header.PageSize == 0)
            return new(ErrorCatalogue.SourceUnreadable, $"'{file.Path}' begins as an SQLite database but its page size makes no sense.", "It is damaged; restore it, or exclude it.");
        return null;
    }
}

using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Decides which files of a directory are databases.</summary>
internal sealed class DatabaseFinder(SqliteSourceConfig config, TimeProvider time)
{
    // A file whose status has not changed still has the header that was read before. A file that changed just before it
    // was read could change again within the same tick of the file system's clock.
    private const long SettledNanoseconds = 2_000_000_000;

    private readonly NameGlobs _include = new(config.Include);
    private readonly NameGlobs _exclude = new(config.Exclude);
    private readonly NameGlobs _encrypted = new(config.Encrypted);

    // replaced as a whole, never modified
    private volatile Dictionary<string, (FileStatus Status, FileHeader Header)> _headerCache = new(StringComparer.Ordinal);

    /// <summary>The files that the last call of <see cref="Find"/> skipped.</summary>
    public SkippedFiles SkippedFiles { get; private set; } = SkippedFiles.None;

    /// <summary>Whether the configuration lists the database as encrypted.</summary>
    public bool IsEncrypted(string name) => _encrypted.Matches(name);

    /// <summary>Finds all databases, ordered by name (ordinal).</summary>
    public List<DiscoveredDatabase> Find(CancellationToken cancellationToken)
    {
        var root = FolderWalker.ResolveRoot(config.Path);
        var (found, unreadable) = (new List<DiscoveredDatabase>(), new List<DiscoveredDatabase>());
        var seen = new Dictionary<string, (FileStatus Status, FileHeader Header)>(_headerCache.Count, StringComparer.Ordinal);
        var skipped = new SkippedFilesBuilder();
        foreach (
            var file in FolderWalker.EnumerateFiles(root, cancellationToken, (name, status) =>
                skipped.Add(name, status.IsLink ? SkipReason.Link : SkipReason.Special)
            )
        )
        {
            if (!IsIncluded(file.Name))
            {
                skipped.Add(file.Name, SideFiles.IsHoldfastFile(file.FileName) ? SkipReason.OwnFile : SkipReason.Excluded);
            }
            else if (file.Problem is not null)
            {
                unreadable.Add(new(file.Name, 0, EncryptionState.No) { Problem = file.Problem });
            }
            else if (Inspect(file, seen, out var reason) is { } database)
            {
                found.Add(database);
            }
            else if (reason is { } why)
            {
                skipped.Add(file.Name, why);
            }
        }

        _headerCache = seen;
        foreach (var database in found.Where(d => d.Problem is not null))
        {
            skipped.Add(database.Name, SkipReason.Unreadable, database.Problem!.Message);
        }
        foreach (var i in HardLinks.MarkDuplicates(root, found))
        {
            skipped.Add(found[i].Name, SkipReason.HardLink, found[i].Problem!.Message);
        }
        foreach (var database in unreadable)
        {
            found.Add(database with { Name = MakeUnique(database.Name, found) });
            skipped.Add(found[^1].Name, SkipReason.Unreadable, database.Problem!.Message);
        }

        SkippedFiles = skipped.Build();
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>
    /// Whether a file of this name can be one of the source's databases: it is not one of Holdfast's own files, and the
    /// configuration includes it.
    /// </summary>
    public bool IsIncluded(string name) =>
        !SideFiles.IsHoldfastFile(name[(name.LastIndexOf('/') + 1)..])
        && (_include.IsEmpty || _include.Matches(name))
        && !_exclude.Matches(name);

    // A placeholder name never takes the name of an existing database.
    private static string MakeUnique(string name, List<DiscoveredDatabase> found)
    {
        while (found.Exists(d => d.Name == name))
        {
            name += "~";
        }
        return name;
    }

    // Returns null if the file is not a database, with the reason; without a reason if the file has been deleted.
    private DiscoveredDatabase? Inspect(
        in DiscoveredFile file,
        Dictionary<string, (FileStatus Status, FileHeader Header)> seen,
        out SkipReason? reason
    )
    {
        var mainFile = SideFiles.GetMainFile(file.OpenPath);
        if (file.Status.Size == 0) // created and never written to, so it contains nothing
        {
            reason = mainFile is not null && FileStatus.Get(mainFile) is { IsRegular: true } ? SkipReason.SideFile : SkipReason.Empty;
            return null;
        }

        reason = SkipReason.SideFile;
        if (
            mainFile is not null
            && FileStatus.TryGet(mainFile, out var status)
            && IsSideFileOf(file, new(SideFiles.GetMainFile(file.Name)!, SideFiles.GetMainFile(file.Path)!, mainFile, status), seen)
        )
        {
            return null;
        }
        reason =
            SideFiles.IsPartial(file.FileName) || SideFiles.HasHoldfastPrefix(file.FileName) ? SkipReason.OwnFile : SkipReason.NotADatabase;
        var isListedAsEncrypted = mainFile is null && IsEncrypted(file.Name);
        var code = ReadHeader(file, seen, out var header);
        if (
            (SideFiles.IsPartial(file.FileName) || SideFiles.HasHoldfastPrefix(file.FileName))
            && (code != SqliteConstants.Ok || !header.IsUnencrypted)
        )
        {
            return null;
        }
        if (code != SqliteConstants.Ok)
        {
            reason = null;
            if (FileStatus.IsNotFound(FileStatus.Read(file.OpenPath, out _)))
            {
                return null; // deleted meanwhile
            }
            return new(file.Name, file.Status.Size, isListedAsEncrypted ? EncryptionState.Yes : EncryptionState.No)
            {
                Problem = SqliteErrorTranslator.Translate(code, file.Path, SqliteConnection.ErrorText(code)),
            };
        }

        if (reason == SkipReason.NotADatabase && header.LooksRandom && file.Status.Size % FileHeader.SmallestDatabase == 0)
        {
            reason = SkipReason.LooksEncrypted;
        }
        if (
            !header.IsUnencrypted
            && !isListedAsEncrypted
            && (mainFile is not null || file.Status.Size < FileHeader.SmallestDatabase || !SideFiles.HasWal(file.OpenPath))
        )
        {
            return null;
        }
        var state =
            header.IsUnencrypted ? EncryptionState.No
            : isListedAsEncrypted ? EncryptionState.Yes
            : EncryptionState.Maybe;
        var size = file.Status.Size + (FileStatus.Get(file.OpenPath + "-wal")?.Size ?? 0);
        return new(file.Name, size, state)
        {
            Identity = $"{file.Status.Device:x}-{file.Status.Inode:x}",
            Problem = Problem(file, header, state),
        };
    }

    // Whether a file that is named like a log or index of another file is one. If the other "file" is a
    // folder or a text, this is a database like any other. A file that could be the index of a database in WAL mode is
    // never opened: closing it would drop the locks of every connection to that database in this process.
    private bool IsSideFileOf(
        in DiscoveredFile file,
        in DiscoveredFile owner,
        Dictionary<string, (FileStatus Status, FileHeader Header)> seen
    )
    {
        if (!owner.Status.IsRegular)
        {
            return false;
        }
        var isIndex = file.FileName.EndsWith("-shm", StringComparison.Ordinal);
        if (!isIndex && ReadHeader(file, seen, out var own) == SqliteConstants.Ok && own.IsUnencrypted)
        {
            return false; // neither a log nor a journal begins like this
        }
        if (isIndex && file.Status.Size % WalIndex.RegionBytes != 0)
        {
            return false; // an index consists of whole regions
        }
        if (owner.Status.Size == 0 || IsEncrypted(owner.Name))
        {
            return true;
        }
        if (ReadHeader(owner, seen, out var header) != SqliteConstants.Ok)
        {
            return true;
        }
        return header.IsUnencrypted ? !isIndex || header.IsWal : SideFiles.HasWal(owner.OpenPath);
    }

    // Does not open unchanged files: polling 10,000 databases costs one status call each.
    private int ReadHeader(in DiscoveredFile file, Dictionary<string, (FileStatus Status, FileHeader Header)> seen, out FileHeader header)
    {
        if (_headerCache.TryGetValue(file.Path, out var known) && known.Status == file.Status)
        {
            seen[file.Path] = known;
            header = known.Header;
            return SqliteConstants.Ok;
        }

        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        var code = FileHeader.TryRead(file.OpenPath, out header);
        if (code == SqliteConstants.Ok && now - Math.Max(file.Status.Modified, file.Status.Changed) > SettledNanoseconds)
        {
            seen[file.Path] = (file.Status, header);
        }
        return code;
    }

    private static HoldfastException? Problem(in DiscoveredFile file, in FileHeader header, EncryptionState state)
    {
        if (file.Status.Size < FileHeader.SmallestDatabase)
        {
            return new(
                ErrorCatalog.SourceUnreadable,
                $"'{file.Path}' has {file.Status.Size} bytes, which is less than the smallest database.",
                "It was truncated; restore it, or exclude it."
            );
        }
        if (state == EncryptionState.No && header.PageSize == 0)
        {
            return new(
                ErrorCatalog.SourceUnreadable,
                $"'{file.Path}' begins as an SQLite database but its page size is not valid.",
                "It is damaged; restore it, or exclude it."
            );
        }
        return null;
    }
}

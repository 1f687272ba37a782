using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Discovery;

/// <summary>Tells which files of a directory are databases.</summary>
internal sealed class DatabaseFinder(SqliteSourceConfig config, TimeProvider time)
{
    // A file whose status says that nothing has changed has the header that it had. One that changed a moment before it
    // was read could change again within
    // the same tick of the file system's clock.
    private const long SettledNanoseconds = 2_000_000_000;

    private readonly NameGlobs _include = new(config.Include);
    private readonly NameGlobs _exclude = new(config.Exclude);
    private readonly NameGlobs _encrypted = new(config.Encrypted);

    // swapped whole, never changed
    private volatile Dictionary<string, (FileStatus Status, FileHeader Header)> _headerCache = new(StringComparer.Ordinal);

    /// <summary>What <see cref="Find"/> left out when it ran last.</summary>
    public SkippedFiles SkippedFiles { get; private set; } = SkippedFiles.None;

    /// <summary>Whether the configuration says that the database is encrypted.</summary>
    public bool IsEncrypted(string name) => _encrypted.Matches(name);

    /// <summary>Finds all databases, in ordinal order of their names.</summary>
    public List<DiscoveredDatabase> Find(CancellationToken cancellationToken)
    {
        var root = FolderWalker.ResolveRoot(config.Path);
        var (found, odd) = (new List<DiscoveredDatabase>(), new List<DiscoveredDatabase>());
        var seen = new Dictionary<string, (FileStatus Status, FileHeader Header)>(_headerCache.Count, StringComparer.Ordinal);
        var passedOver = new SkippedFilesBuilder();
        foreach (
            var file in FolderWalker.EnumerateFiles(root, cancellationToken, (name, status) =>
                passedOver.Add(name, status.IsLink ? SkipReason.Link : SkipReason.Special)
            )
        )
        {
            if (!IsIncluded(file.Name))
            {
                passedOver.Add(file.Name, SideFiles.IsHoldfastFile(file.FileName) ? SkipReason.OwnFile : SkipReason.Excluded);
            }
            else if (file.Problem is not null)
            {
                odd.Add(new(file.Name, 0, EncryptionState.No) { Problem = file.Problem });
            }
            else if (Inspect(file, seen, out var reason) is { } database)
            {
                found.Add(database);
            }
            else if (reason is { } why)
            {
                passedOver.Add(file.Name, why);
            }
        }

        _headerCache = seen;
        foreach (var database in found.Where(d => d.Problem is not null))
        {
            passedOver.Add(database.Name, SkipReason.Unreadable, database.Problem!.Message);
        }
        foreach (var i in HardLinks.MarkDuplicates(root, found))
        {
            passedOver.Add(found[i].Name, SkipReason.HardLink, found[i].Problem!.Message);
        }
        foreach (var database in odd)
        {
            found.Add(database with { Name = MakeUnique(database.Name, found) });
            passedOver.Add(found[^1].Name, SkipReason.Unreadable, database.Problem!.Message);
        }

        SkippedFiles = passedOver.Build();
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>Whether a file of this name can be one of the source's databases: it is not ours, and the configuration has it.</summary>
    public bool IsIncluded(string name) =>
        !SideFiles.IsHoldfastFile(name[(name.LastIndexOf('/') + 1)..])
        && (_include.IsEmpty || _include.Matches(name))
        && !_exclude.Matches(name);

    // What is listed under a stand-in never takes the name of a database that is there.
    private static string MakeUnique(string name, List<DiscoveredDatabase> found)
    {
        while (found.Exists(d => d.Name == name))
        {
            name += "~";
        }
        return name;
    }

    // Null where it is none, with the reason; without one where it is gone.
    private DiscoveredDatabase? Inspect(
        in DiscoveredFile file,
        Dictionary<string, (FileStatus Status, FileHeader Header)> seen,
        out SkipReason? reason
    )
    {
        var baseFile = SideFiles.GetMainFile(file.OpenPath);
        if (file.Status.Size == 0) // made and never written to: nothing in it
        {
            reason = baseFile is not null && FileStatus.Get(baseFile) is { IsRegular: true } ? SkipReason.SideFile : SkipReason.Empty;
            return null;
        }

        reason = SkipReason.SideFile;
        if (
            baseFile is not null
            && FileStatus.TryGet(baseFile, out var status)
            && IsSideFileOf(file, new(SideFiles.GetMainFile(file.Name)!, SideFiles.GetMainFile(file.Path)!, baseFile, status), seen)
        )
        {
            return null;
        }
        reason =
            SideFiles.IsPartial(file.FileName) || SideFiles.HasHoldfastPrefix(file.FileName) ? SkipReason.OwnFile : SkipReason.NotADatabase;
        var named = baseFile is null && IsEncrypted(file.Name);
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
                return null; // meanwhile
            }
            return new(file.Name, file.Status.Size, named ? EncryptionState.Yes : EncryptionState.No)
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
            && !named
            && (baseFile is not null || file.Status.Size < FileHeader.SmallestDatabase || !SideFiles.HasWal(file.OpenPath))
        )
        {
            return null;
        }
        var state =
            header.IsUnencrypted ? EncryptionState.No
            : named ? EncryptionState.Yes
            : EncryptionState.Maybe;
        var size = file.Status.Size + (FileStatus.Get(file.OpenPath + "-wal")?.Size ?? 0);
        return new(file.Name, size, state)
        {
            Identity = $"{file.Status.Device:x}-{file.Status.Inode:x}",
            Problem = Problem(file, header, state),
        };
    }

    // Whether a file that is named like a log or an index of another is that. One beside a folder, or a text, is a
    // database like others. What could be
    // the index of a database in WAL mode is never opened: closing it would drop the locks of whoever has the database
    // open in this process.
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
            return false; // neither a log nor a journal begins so
        }
        if (isIndex && file.Status.Size % WalIndex.RegionBytes != 0)
        {
            return false; // an index has whole regions
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

    // Opens no file that is as it was: a poll of 10,000 databases costs a look at each, no more.
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
                ErrorCatalogue.SourceUnreadable,
                $"'{file.Path}' has {file.Status.Size} bytes, fewer than the smallest database.",
                "It was cut off; restore it, or exclude it."
            );
        }
        if (state == EncryptionState.No && header.PageSize == 0)
        {
            return new(
                ErrorCatalogue.SourceUnreadable,
                $"'{file.Path}' begins as an SQLite database but its page size makes no sense.",
                "It is damaged; restore it, or exclude it."
            );
        }
        return null;
    }
}

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
    private volatile Dictionary<string, (FileStatus Status, FileHeader Header)> _known = new(StringComparer.Ordinal);

    /// <summary>What <see cref="Find"/> left out when it ran last.</summary>
    public PassedOver PassedOver { get; private set; } = PassedOver.None;

    /// <summary>Whether the configuration says that the database is encrypted.</summary>
    public bool IsEncrypted(string name) => _encrypted.Matches(name);

    /// <summary>Finds all databases, in ordinal order of their names.</summary>
    public List<DiscoveredDatabase> Find(CancellationToken cancellationToken)
    {
        var root = FolderWalk.Root(config.Path);
        var (found, odd) = (new List<DiscoveredDatabase>(), new List<DiscoveredDatabase>());
        var seen = new Dictionary<string, (FileStatus Status, FileHeader Header)>(_known.Count, StringComparer.Ordinal);
        var passedOver = new PassedOverBuilder();
        foreach (
            var file in FolderWalk.Files(root, cancellationToken, (name, status) =>
                passedOver.Add(name, status.IsLink ? PassedOverReason.Link : PassedOverReason.Special)
            )
        )
        {
            if (!Counts(file.Name))
            {
                passedOver.Add(file.Name, SideFiles.IsOurs(file.FileName) ? PassedOverReason.OwnFile : PassedOverReason.Excluded);
            }
            else if (file.Problem is not null)
            {
                odd.Add(new(file.Name, 0, EncryptionState.No) { Problem = file.Problem });
            }
            else if (Look(file, seen, out var reason) is { } database)
            {
                found.Add(database);
            }
            else if (reason is { } why)
            {
                passedOver.Add(file.Name, why);
            }
        }

        _known = seen;
        foreach (var database in found.Where(d => d.Problem is not null))
        {
            passedOver.Add(database.Name, PassedOverReason.Unreadable, database.Problem!.Message);
        }
        foreach (var i in HardLinks.Tell(root, found))
        {
            passedOver.Add(found[i].Name, PassedOverReason.HardLink, found[i].Problem!.Message);
        }
        foreach (var database in odd)
        {
            found.Add(database with { Name = Free(database.Name, found) });
            passedOver.Add(found[^1].Name, PassedOverReason.Unreadable, database.Problem!.Message);
        }

        PassedOver = passedOver.Build();
        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }

    /// <summary>Whether a file of this name can be one of the source's databases: it is not ours, and the configuration has it.</summary>
    public bool Counts(string name) =>
        !SideFiles.IsOurs(name[(name.LastIndexOf('/') + 1)..]) && (_include.IsEmpty || _include.Matches(name)) && !_exclude.Matches(name);

    // What is listed under a stand-in never takes the name of a database that is there.
    private static string Free(string name, List<DiscoveredDatabase> found)
    {
        while (found.Exists(d => d.Name == name))
        {
            name += "~";
        }
        return name;
    }

    // Null where it is none, with the reason; without one where it is gone.
    private DiscoveredDatabase? Look(
        in FoundFile file,
        Dictionary<string, (FileStatus Status, FileHeader Header)> seen,
        out PassedOverReason? reason
    )
    {
        var baseFile = SideFiles.BaseOf(file.Place);
        if (file.Status.Size == 0) // made and never written to: nothing in it
        {
            reason =
                baseFile is not null && FileStatus.Of(baseFile) is { IsRegular: true } ? PassedOverReason.SideFile : PassedOverReason.Empty;
            return null;
        }

        reason = PassedOverReason.SideFile;
        if (
            baseFile is not null
            && FileStatus.TryGet(baseFile, out var status)
            && IsSideOf(file, new(SideFiles.BaseOf(file.Name)!, SideFiles.BaseOf(file.Path)!, baseFile, status), seen)
        )
        {
            return null;
        }
        reason =
            SideFiles.IsPartial(file.FileName) || SideFiles.IsNamedLikeOurs(file.FileName)
                ? PassedOverReason.OwnFile
                : PassedOverReason.NotADatabase;
        var named = baseFile is null && IsEncrypted(file.Name);
        var code = Read(file, seen, out var header);
        if (
            (SideFiles.IsPartial(file.FileName) || SideFiles.IsNamedLikeOurs(file.FileName))
            && (code != SqliteConstants.Ok || !header.IsPlain)
        )
        {
            return null;
        }
        if (code != SqliteConstants.Ok)
        {
            reason = null;
            if (FileStatus.IsGone(FileStatus.Read(file.Place, out _)))
            {
                return null; // meanwhile
            }
            return new(file.Name, file.Status.Size, named ? EncryptionState.Yes : EncryptionState.No)
            {
                Problem = SqliteFailure.Of(code, file.Path, SqliteConnection.ErrorText(code)),
            };
        }

        if (reason == PassedOverReason.NotADatabase && header.LooksRandom && file.Status.Size % FileHeader.SmallestDatabase == 0)
        {
            reason = PassedOverReason.LooksEncrypted;
        }
        if (
            !header.IsPlain
            && !named
            && (baseFile is not null || file.Status.Size < FileHeader.SmallestDatabase || !SideFiles.HasWal(file.Place))
        )
        {
            return null;
        }
        var state =
            header.IsPlain ? EncryptionState.No
            : named ? EncryptionState.Yes
            : EncryptionState.Maybe;
        var size = file.Status.Size + (FileStatus.Of(file.Place + "-wal")?.Size ?? 0);
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
    private bool IsSideOf(in FoundFile file, in FoundFile owner, Dictionary<string, (FileStatus Status, FileHeader Header)> seen)
    {
        if (!owner.Status.IsRegular)
        {
            return false;
        }
        var isIndex = file.FileName.EndsWith("-shm", StringComparison.Ordinal);
        if (!isIndex && Read(file, seen, out var own) == SqliteConstants.Ok && own.IsPlain)
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
        if (Read(owner, seen, out var header) != SqliteConstants.Ok)
        {
            return true;
        }
        return header.IsPlain ? !isIndex || header.IsWal : SideFiles.HasWal(owner.Place);
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
        var code = FileHeader.TryRead(file.Place, out header);
        if (code == SqliteConstants.Ok && now - Math.Max(file.Status.Modified, file.Status.Changed) > SettledNanoseconds)
        {
            seen[file.Path] = (file.Status, header);
        }
        return code;
    }

    private static HoldfastException? Problem(in FoundFile file, in FileHeader header, EncryptionState state)
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

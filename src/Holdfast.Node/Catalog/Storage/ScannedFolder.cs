using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;
using Holdfast.Node.Catalog.Sharing;

namespace Holdfast.Node.Catalog.Storage;

/// <summary>The folder of a database, as a listing of the whole destination shows it.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Chains">Its chains, the oldest first.</param>
/// <param name="HasSharedCatalog">Whether it has a file for other servers.</param>
/// <param name="ForeignFiles">Paths of files in the folders of its chains that Holdfast has not written.</param>
internal sealed record ScannedFolder(
    string Path,
    IReadOnlyList<StoredChain> Chains,
    bool HasSharedCatalog,
    IReadOnlyList<string> ForeignFiles
)
{
    /// <summary>
    /// The database, if the name of the folder contains it completely; null if it is cut, and only an archive says what it is.
    /// </summary>
    public DatabaseId? FindDatabase()
    {
        var parts = Path.Split('/');
        var database = new DatabaseId(FolderName.Decode(parts[0]), FolderName.Decode(parts[1]));
        return IsOf(database) ? database : null;
    }

    /// <summary>The database with this id, if this is its folder; otherwise null.</summary>
    /// <param name="id">What a file says: it is not trusted.</param>
    public DatabaseId? FindDatabase(string? id)
    {
        try
        {
            return id is not null && DatabaseId.Parse(id) is { } database && IsOf(database) ? database : null;
        }
        catch (HoldfastException)
        {
            return null;
        }
    }

    private bool IsOf(DatabaseId database) => DatabaseId.IsSourceName(database.Source) && DatabaseFolder.PathOf(database) == Path;

    /// <summary>Whether a file in the folder of a chain is ours: an archive or an index, complete or being written.</summary>
    internal static bool IsOwn(string file)
    {
        var name = file.EndsWith(ArchiveName.PartialSuffix, StringComparison.Ordinal) ? file[..^ArchiveName.PartialSuffix.Length] : file;
        return ArchiveName.TryParse(name) is not null
            || (
                name.EndsWith(ArchiveName.IndexSuffix, StringComparison.Ordinal)
                && name.Length > TimeStamp.Length
                && TimeStamp.TryParse(name[..TimeStamp.Length], out _)
            );
    }

    /// <summary>Whether a file in the folder of a database is the one for other servers.</summary>
    internal static bool IsSharedCatalog(string file) => file == SharedCatalog.FileName;
}

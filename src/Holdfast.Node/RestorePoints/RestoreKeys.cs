using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Restores;
using Holdfast.Node.Secrets;

namespace Holdfast.Node.RestorePoints;

/// <summary>The keys that may open a backup.</summary>
/// <param name="archiveKeys">Archive keys that the server stores.</param>
/// <param name="databaseKeys">Keys of databases, which open logical archives of encrypted ones.</param>
public sealed class RestoreKeys(ArchiveKeys archiveKeys, DatabaseKeys databaseKeys)
{
    /// <summary>The given keys, followed by those that the server stores.</summary>
    /// <param name="from">The location of the backup: see <see cref="RestoreJob.From"/>.</param>
    /// <param name="given">See <see cref="RestoreJob.Keys"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<AgeKeys> AllAsync(string from, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        var keys = given.Aggregate(AgeKeys.None, (all, text) => all.Concat(ArchiveKeys.Parse(text)));
        keys = keys.Concat(await archiveKeys.AllAsync(cancellationToken));
        if (BackupFinder.IsDatabase(from) && await databaseKeys.FindAsync(DatabaseId.Parse(from), cancellationToken) is { } own)
        {
            keys = keys.Concat(AgeKeys.From(own));
        }
        return (await databaseKeys.AllAsync(cancellationToken)).Aggregate(keys, (all, key) => all.Concat(AgeKeys.From(key)));
    }
}

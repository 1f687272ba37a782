using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Restores;
using Holdfast.Node.Secrets;

namespace Holdfast.Node.RestorePoints;

/// <summary>The keys that may open a backup.</summary>
/// <param name="archiveKeys">Keys that the server keeps for archives.</param>
/// <param name="databaseKeys">Keys of databases: what opens a logical archive of an encrypted one.</param>
public sealed class RestoreKeys(ArchiveKeys archiveKeys, DatabaseKeys databaseKeys)
{
    /// <summary>Those that were given first, then those that the server keeps.</summary>
    /// <param name="from">Where the backup is, as <see cref="RestoreJob.From"/> says.</param>
    /// <param name="given">As <see cref="RestoreJob.Keys"/> says.</param>
    /// <param name="cancellationToken">Stops it.</param>
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

using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Stores;

namespace Holdfast.Node.Restores;

/// <summary>Finds the point that somebody means and opens it, with the keys that were given and those that the server keeps.</summary>
/// <param name="finder">Finds backups.</param>
/// <param name="keyring">Gives the keys that may open it.</param>
public sealed class PointOpener(BackupFinder finder, RestoreKeys keyring)
{
    /// <summary>Opens it, with the archives it builds on.</summary>
    /// <param name="from">As <see cref="RestoreAsk.From"/> says.</param>
    /// <param name="wanted">As <see cref="RestoreAsk.Point"/> says.</param>
    /// <param name="given">As <see cref="RestoreAsk.Keys"/> says.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">It is not there, or cannot be read.</exception>
    public async Task<OpenedPoint> OpenAsync(string from, string? wanted, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        var stored = await LookAsync(from, wanted, cancellationToken);
        var keys = await keyring.AllAsync(from, given, cancellationToken);
        try
        {
            var point = await PointFinder.FindAsync(stored, wanted, keys, cancellationToken);
            return new(point, await PointReader.OpenAsync(stored.Destination, point, keys, cancellationToken));
        }
        catch (HoldfastException e)
        {
            throw ToWhoAsks(e, given);
        }
    }

    /// <summary>Opens it as a restore does before it makes anything, and tells what it found. The bytes of the database are not read.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public async Task<PointCheck> CheckAsync(string from, string? wanted, IReadOnlyList<string> given, CancellationToken cancellationToken)
    {
        var stored = await LookAsync(from, wanted, cancellationToken);
        var keys = await keyring.AllAsync(from, given, cancellationToken);
        var point = await PointFinder.FindAsync(stored, wanted, keys, cancellationToken);
        var check = new PointCheck(point, null);
        try
        {
            check = check with { Needs = await NeedsAsync(stored.Destination, point, cancellationToken) };
            await using var reader = await PointReader.OpenAsync(stored.Destination, point, keys, cancellationToken);
            var files = reader.Archives.Select(a => Path.GetFileName(a.Name)).ToHashSet(StringComparer.Ordinal); // they lie in one folder
            return check with
            {
                Header = reader.Point.Header,
                Archives = reader.Archives.Count,
                StoredBytes = point.Chain.Archives.Where(a => files.Contains(Path.GetFileName(a.Path))).Sum(a => a.Length),
                DatabaseBytes = reader.Items.Sum(i => i.Length),
            };
        }
        catch (HoldfastException e)
        {
            return check with { Problem = ToWhoAsks(e, given) };
        }
    }

    private static async Task<AgeRequirement?> NeedsAsync(IDestination destination, RestorePoint point, CancellationToken cancellationToken)
    {
        if (!point.Archive.Name.IsEncrypted) return null;
        await using var source = await destination.OpenAsync(point.Archive.Path, cancellationToken);
        return await AgeRequirement.ReadAsync(source, cancellationToken);
    }

    // The keys that were tried are those of other tasks: to who asks, none was given.
    private static HoldfastException ToWhoAsks(HoldfastException e, IReadOnlyList<string> given) => e.Error == ErrorCatalogue.KeyWrong && given.Count == 0
        ? new(ErrorCatalogue.KeyMissing, "It is encrypted, and the server keeps no key that opens it.", $"{e.Hint} Give it with the restore.", e)
        : e;

    private async Task<StoredPath> LookAsync(string from, string? wanted, CancellationToken cancellationToken)
    {
        var stored = await finder.FindAsync(from, cancellationToken);
        return wanted is null && BackupFinder.IsDatabase(from) ? stored with { Chains = [stored.Chains.MaxBy(c => c.NewestTime)!] } : stored; // one database has one newest point
    }
}

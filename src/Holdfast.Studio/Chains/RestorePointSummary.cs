using Holdfast.Api.Backups;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Chains;

/// <summary>One restore point, with the destinations that hold it.</summary>
public sealed record RestorePointSummary
{
    /// <summary>File name of its archive.</summary>
    public required string Name { get; init; }

    /// <summary>When the backup began.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>As the API names it.</summary>
    public required string Kind { get; init; }

    /// <summary>Bytes of the archive.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether the file is encrypted.</summary>
    public required bool NeedsKey { get; init; }

    /// <summary>Its place in its chain, from 1: so many archives a restore reads at most.</summary>
    public required int Position { get; init; }

    /// <summary>Where it lies.</summary>
    public required IReadOnlyList<string> Locations { get; init; }

    /// <summary>
    /// Destinations that have it with all that comes before it in its chain, and how it is asked for there: it can be
    /// restored from these.
    /// </summary>
    public required IReadOnlyList<(string Location, string From)> RestorableFrom { get; init; }

    /// <summary>Destinations at which it was read, and is whole.</summary>
    public required IReadOnlyList<string> VerifiedAt { get; init; }

    /// <summary>Destinations at which it was read, and is not, and why.</summary>
    public required IReadOnlyList<(string Location, OperationError Problem)> Problems { get; init; }

    /// <summary>Whether it can be restored, as far as names tell.</summary>
    public bool IsRestorable => RestorableFrom.Count > 0;

    /// <summary>How it stands in addresses: a time, as in file names.</summary>
    public string UrlKey => TimeStamp.Format(Time);

    /// <summary>How it is asked for at a destination, or at the first that has all of it.</summary>
    public string? FindArchiveAt(string? place) =>
        RestorableFrom.Where(w => w.Location == place).Concat(RestorableFrom).Select(w => w.From).FirstOrDefault();

    internal static RestorePointSummary Of(
        ArchiveView archive,
        int number,
        IReadOnlyList<ChainView> copies,
        IReadOnlyList<ChainCopy> holdings
    )
    {
        var before = copies
            .SelectMany(c => c.Archives)
            .Where(a => a.Time <= archive.Time)
            .Select(a => a.Name)
            .ToHashSet(StringComparer.Ordinal);
        return new()
        {
            Name = archive.Name,
            Time = archive.Time,
            Kind = archive.Kind,
            Bytes = archive.Bytes,
            NeedsKey = archive.NeedsKey,
            Position = number,
            Locations = [.. holdings.Where(h => h.ArchiveNames.Contains(archive.Name)).Select(h => h.Location)],
            VerifiedAt = [.. holdings.Where(h => h.IsVerified(archive.Name, archive.Time)).Select(h => h.Location)],
            Problems =
            [
                .. holdings
                    .Where(h => h.ArchiveNames.Contains(archive.Name))
                    .Select(h => (h.Location, Problem: h.ProblemOf(archive.Name)))
                    .Where(p => p.Problem is not null)
                    .Select(p => (p.Location, p.Problem!)),
            ],
            RestorableFrom =
            [
                .. holdings
                    .Where(h => h.HasFull && before.IsSubsetOf(h.ArchiveNames))
                    .Select(h => (h.Location, copies.First(c => c.From == h.From).Archives.First(a => a.Name == archive.Name).From)),
            ],
        };
    }
}

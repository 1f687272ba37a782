using Holdfast.Api.Backups;
using Holdfast.Core.Layout;
using Holdfast.Core.Operations;

namespace Holdfast.Studio.Chains;

/// <summary>One restore point, with the destinations that have it.</summary>
public sealed record RestorePointSummary
{
    /// <summary>File name of its archive.</summary>
    public required string Name { get; init; }

    /// <summary>When the backup started.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Kind of the archive, as the API names it.</summary>
    public required string Kind { get; init; }

    /// <summary>Size of the archive in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Whether the archive is encrypted.</summary>
    public required bool NeedsKey { get; init; }

    /// <summary>Its position in its chain, from 1: the maximum number of archives that a restore reads.</summary>
    public required int Position { get; init; }

    /// <summary>Destinations that have the archive.</summary>
    public required IReadOnlyList<string> Locations { get; init; }

    /// <summary>
    /// Destinations that have the archive and all archives before it in its chain, so that it can be restored from there,
    /// with its address at each.
    /// </summary>
    public required IReadOnlyList<(string Location, string From)> RestorableFrom { get; init; }

    /// <summary>Destinations where the last verification found it intact.</summary>
    public required IReadOnlyList<string> VerifiedAt { get; init; }

    /// <summary>Destinations where the last verification found a problem, with the problem.</summary>
    public required IReadOnlyList<(string Location, OperationError Problem)> Problems { get; init; }

    /// <summary>Whether any destination has all archives that a restore needs. Their contents are not considered.</summary>
    public bool IsRestorable => RestorableFrom.Count > 0;

    /// <summary>Its value in URLs: the time as in file names.</summary>
    public string UrlKey => TimeStamp.Format(Time);

    /// <summary>Its address at a destination; if it cannot be restored from there, at the first from which it can.</summary>
    public string? FindArchiveAt(string? location) =>
        RestorableFrom.Where(w => w.Location == location).Concat(RestorableFrom).Select(w => w.From).FirstOrDefault();

    internal static RestorePointSummary Of(
        ArchiveView archive,
        int number,
        IReadOnlyList<ChainView> copies,
        IReadOnlyList<ChainCopy> joined
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
            Locations = [.. joined.Where(h => h.ArchiveNames.Contains(archive.Name)).Select(h => h.Location)],
            VerifiedAt = [.. joined.Where(h => h.IsVerified(archive.Name, archive.Time)).Select(h => h.Location)],
            Problems =
            [
                .. joined
                    .Where(h => h.ArchiveNames.Contains(archive.Name))
                    .Select(h => (h.Location, Problem: h.ProblemOf(archive.Name)))
                    .Where(p => p.Problem is not null)
                    .Select(p => (p.Location, p.Problem!)),
            ],
            RestorableFrom =
            [
                .. joined
                    .Where(h => h.HasFull && before.IsSubsetOf(h.ArchiveNames))
                    .Select(h => (h.Location, copies.First(c => c.From == h.From).Archives.First(a => a.Name == archive.Name).From)),
            ],
        };
    }
}

using Holdfast.Core.Layout;
using Holdfast.Core.Operations;
using Holdfast.Server.Endpoints;

namespace Holdfast.Studio.Chains;

/// <summary>One restore point, with the destinations that hold it.</summary>
public sealed record PointSummary
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
    public required int Number { get; init; }

    /// <summary>Where it lies.</summary>
    public required IReadOnlyList<string> Places { get; init; }

    /// <summary>
    /// Destinations that have it with all that comes before it in its chain, and how it is asked for there: it can be
    /// restored from these.
    /// </summary>
    public required IReadOnlyList<(string Place, string From)> Whole { get; init; }

    /// <summary>Destinations at which it was read, and is whole.</summary>
    public required IReadOnlyList<string> Verified { get; init; }

    /// <summary>Destinations at which it was read, and is not, and why.</summary>
    public required IReadOnlyList<(string Place, OperationError Problem)> Problems { get; init; }

    /// <summary>Whether it can be restored, as far as names tell.</summary>
    public bool IsWhole => Whole.Count > 0;

    /// <summary>How it stands in addresses: a time, as in file names.</summary>
    public string Address => TimeStamp.Format(Time);

    /// <summary>How it is asked for at a destination, or at the first that has all of it.</summary>
    public string? FromAt(string? place) => Whole.Where(w => w.Place == place).Concat(Whole).Select(w => w.From).FirstOrDefault();

    internal static PointSummary Of(ArchiveView archive, int number, IReadOnlyList<ChainView> copies, IReadOnlyList<ChainHolding> holdings)
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
            Number = number,
            Places = [.. holdings.Where(h => h.Held.Contains(archive.Name)).Select(h => h.Place)],
            Verified = [.. holdings.Where(h => h.IsVerified(archive.Name, archive.Time)).Select(h => h.Place)],
            Problems =
            [
                .. holdings
                    .Where(h => h.Held.Contains(archive.Name))
                    .Select(h => (h.Place, Problem: h.ProblemOf(archive.Name)))
                    .Where(p => p.Problem is not null)
                    .Select(p => (p.Place, p.Problem!)),
            ],
            Whole =
            [
                .. holdings
                    .Where(h => h.HasFull && before.IsSubsetOf(h.Held))
                    .Select(h => (h.Place, copies.First(c => c.From == h.From).Archives.First(a => a.Name == archive.Name).From)),
            ],
        };
    }
}

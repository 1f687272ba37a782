using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>Knows each source by its identity, or by its place where it has none.</summary>
/// <param name="records">What is stored, by the names of the sources.</param>
internal sealed class SourceIdentities(WriteBehindState<SourceRecord> records)
{
    private const int IdentityBytes = 16;

    /// <summary>What is known by a name; null where nothing is.</summary>
    public SourceRecord? Find(string source) => records.Find(source);

    /// <summary>Whether a source is the one that is known by its name.</summary>
    public SourceIdentityMatch Check(string source, SourceInfo info)
    {
        var known = records.Find(source);
        if (known is null)
        {
            return SourceIdentityMatch.Unknown;
        }
        if (info.Identity is not null && known.Identity is not null)
        {
            return info.Identity == known.Identity ? SourceIdentityMatch.Match : SourceIdentityMatch.Mismatch;
        }
        if (known.Identity is not null)
        {
            return SourceIdentityMatch.IdentityLost;
        }
        return info.Location == known.Place || known.Place is null ? SourceIdentityMatch.Match : SourceIdentityMatch.Mismatch;
    }

    /// <summary>Whether a source whose place is <paramref name="now"/> lies where it lay when it was seen last.</summary>
    public bool IsAtKnownLocation(string source, string? now) => records.Find(source) is not { Place: { } place } || now == place;

    /// <summary>Takes a source as it is for the one of its name.</summary>
    public void Adopt(string source, string? identity, string? place) =>
        records.Change(source, known =>
            known is not null && known.Identity == identity && known.Place == place
                ? null
                : (known ?? new()) with
                {
                    Identity = identity,
                    Place = place,
                }
        );

    /// <summary>Changes what is known by a name, or begins to know it.</summary>
    public void Change(string source, Func<SourceRecord, SourceRecord?> change) => records.Change(source, known => change(known ?? new()));

    /// <summary>Returns when what is known by a name is stored, or cannot be now.</summary>
    public Task WaitUntilStoredAsync(string source, CancellationToken cancellationToken) =>
        records.WaitUntilStoredAsync(source, cancellationToken);

    /// <summary>Forgets what is known by a name: what is seen next is taken for it.</summary>
    public void Forget(string source)
    {
        if (records.Find(source) is not null)
        {
            records.Remove(source);
        }
    }

    /// <summary>The identity that a source without one is to be given: the one that it had, unless a copy of it has it.</summary>
    public string CreateIdentity(string source)
    {
        var had = records.Find(source)?.Identity;
        var isShared = had is not null && records.Items.Any(r => r.Key != source && r.Value.Identity == had);
        return had is null || isShared ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdentityBytes)) : had;
    }

    /// <summary>Why a source is not used.</summary>
    public HoldfastException CreateMismatchException(string source, SourceInfo info)
    {
        var known = records.Find(source);
        var (was, now) = (Describe(known?.Identity, known?.Place), Describe(info.Identity, info.Location));
        return new(
            ErrorCatalogue.SourceIdentity,
            $"Source '{source}' is not the one that was known by this name: it had {was}, and has {now}. Nothing is backed up "
                + "from it, and nothing is restored to it.",
            "If another server or file system answers in its place, bring the right one back. If this one is right, as after "
                + $"a move or an upgrade: holdfast source confirm {source}"
        );
    }

    private static string Describe(string? identity, string? place) =>
        identity is not null ? $"the identity {identity}"
        : place is not null ? $"no identity, at the place {place}"
        : "no identity";
}

using System.Security.Cryptography;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>
/// Recognizes each source by its identity, which all nodes share, or by its location on this node if it has no identity.
/// </summary>
/// <param name="shared">The records that all nodes share, by the names of the sources.</param>
/// <param name="own">The records of this node, by the names of the sources.</param>
/// <param name="isExclusive">Whether no other node uses the same state, so that every identity in it is of a source of this node.</param>
internal sealed class SourceIdentities(WriteBehindState<SourceRecord> shared, WriteBehindState<NodeSourceRecord> own, bool isExclusive)
{
    private const int IdentityBytes = 16;

    /// <summary>Compares a source with what is known by its name.</summary>
    public SourceIdentityMatch Check(string source, SourceInfo info)
    {
        var (identity, known) = (shared.Find(source)?.Identity, own.Find(source));
        if (identity is null && known is null)
        {
            return SourceIdentityMatch.Unknown;
        }
        if (info.Identity is not null && identity is not null)
        {
            return info.Identity == identity ? SourceIdentityMatch.Match : SourceIdentityMatch.Mismatch;
        }
        if (identity is not null)
        {
            // Another node knows this source by its identity. Without one, nothing proves that this node has the same source.
            return known is null && !isExclusive ? SourceIdentityMatch.Mismatch : SourceIdentityMatch.IdentityLost;
        }
        return IsAtKnownLocation(source, info.Location) ? SourceIdentityMatch.Match : SourceIdentityMatch.Mismatch;
    }

    /// <summary>Whether a location is the one where this node last accepted the source; true if none is known.</summary>
    public bool IsAtKnownLocation(string source, string? location) => own.Find(source) is not { Location: { } known } || location == known;

    /// <summary>Accepts a source as the one of its name.</summary>
    public void Adopt(string source, string? identity, string? location)
    {
        own.Change(source, known => known is not null && known.Location == location ? null : (known ?? new()) with { Location = location });
        if (identity is null)
        {
            ForgetIdentity(source);
        }
        else
        {
            shared.Change(source, known => known?.Identity == identity ? null : (known ?? new()) with { Identity = identity });
        }
    }

    /// <summary>Changes the record of this node, or creates it.</summary>
    public void Change(string source, Func<NodeSourceRecord, NodeSourceRecord?> change) =>
        own.Change(source, known => change(known ?? new()));

    /// <summary>Waits until the record of this node is stored, or cannot be stored now.</summary>
    public Task WaitUntilStoredAsync(string source, CancellationToken cancellationToken) =>
        own.WaitUntilStoredAsync(source, cancellationToken);

    /// <summary>Forgets what is known by a name: the next source that is discovered under it is accepted.</summary>
    public void Forget(string source)
    {
        ForgetIdentity(source);
        if (own.Find(source) is not null)
        {
            own.Remove(source);
        }
    }

    /// <summary>Creates the identity for a source that has none: the one that it had, unless a copy of it has it.</summary>
    public string CreateIdentity(string source)
    {
        var previous = shared.Find(source)?.Identity;
        var isShared = previous is not null && shared.Items.Any(r => r.Key != source && r.Value.Identity == previous);
        return previous is null || isShared ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdentityBytes)) : previous;
    }

    /// <summary>Creates the exception that says why a source is not used.</summary>
    public HoldfastException CreateMismatchException(string source, SourceInfo info)
    {
        var (was, now) = (Describe(shared.Find(source)?.Identity, own.Find(source)?.Location), Describe(info.Identity, info.Location));
        return new(
            ErrorCatalog.SourceIdentity,
            $"Source '{source}' is not the one that was known by this name: it had {was} and now has {now}. It is not used for "
                + "backups or restores.",
            "If another server or file system answers in its place, restore the original one. If this one is right, for example "
                + $"after a move or an upgrade: holdfast source confirm {source}"
        );
    }

    private void ForgetIdentity(string source)
    {
        if (shared.Find(source) is not null)
        {
            shared.Remove(source);
        }
    }

    private static string Describe(string? identity, string? location) =>
        identity is not null ? $"the identity {identity}"
        : location is not null ? $"no identity, but the location {location}"
        : "no identity";
}

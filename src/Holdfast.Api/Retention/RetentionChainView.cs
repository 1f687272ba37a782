namespace Holdfast.Api.Retention;

/// <summary>An expired chain.</summary>
/// <param name="Path">Path of its folder at the destination.</param>
/// <param name="Full">When its full backup began.</param>
/// <param name="Newest">When its newest archive began.</param>
public sealed record RetentionChainView(string Path, DateTimeOffset Full, DateTimeOffset Newest)
{
    /// <summary>Whether its deletion has begun and was interrupted: it is finished first, without approval.</summary>
    public bool Expiring { get; init; }
}

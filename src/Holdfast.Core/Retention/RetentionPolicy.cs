namespace Holdfast.Core.Retention;

/// <summary>How long backups are kept.</summary>
/// <param name="MinimumAge">A chain expires when its newest archive is older than this. At least 1 day.</param>
public sealed record RetentionPolicy(TimeSpan MinimumAge)
{
    /// <summary>The smallest valid age.</summary>
    public static readonly TimeSpan MinimumAllowedAge = TimeSpan.FromDays(1);
}

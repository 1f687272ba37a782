namespace Holdfast.Core.Retention;

/// <summary>How long backups are kept.</summary>
/// <param name="MinimumAge">A chain goes when its newest archive is older than this. At least 1 day.</param>
public sealed record RetentionPolicy(TimeSpan MinimumAge)
{
    /// <summary>The shortest age that is taken.</summary>
    public static readonly TimeSpan MinimumAllowedAge = TimeSpan.FromDays(1);
}

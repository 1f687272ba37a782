using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A source as the rules of alerts look at it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">Why it could not be looked at, or is not used; null where it is.</param>
public sealed record SourceAlertInput(string Name, OperationError? Problem)
{
    /// <summary>When the last look at it ended, or it was attached; null where that does not count.</summary>
    public DateTimeOffset? LastDiscovery { get; init; }

    /// <summary>Time between two looks.</summary>
    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Its identity; null where it has none.</summary>
    public string? Identity { get; init; }

    /// <summary>Where it lies; null where its engine has no such thing.</summary>
    public string? Location { get; init; }

    /// <summary>How the role that runs restores into it was changed; null where it was not.</summary>
    public RestoreRoleChange? RestoreRole { get; init; }
}

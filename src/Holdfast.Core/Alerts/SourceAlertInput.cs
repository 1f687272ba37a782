using Holdfast.Core.Operations;

namespace Holdfast.Core.Alerts;

/// <summary>A source, as input to the alert rules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Problem">Why discovery failed or the source is not used; null if there is no problem.</param>
public sealed record SourceAlertInput(string Name, OperationError? Problem)
{
    /// <summary>When its last discovery ended, or it was attached; null if silence is not to be reported.</summary>
    public DateTimeOffset? LastDiscovery { get; init; }

    /// <summary>Interval between two discoveries.</summary>
    public TimeSpan DiscoveryInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Its identity; null if it has none.</summary>
    public string? Identity { get; init; }

    /// <summary>Its location; null if its engine has no locations.</summary>
    public string? Location { get; init; }

    /// <summary>The unacknowledged change to the role that runs restores into it; null if there is none.</summary>
    public RestoreRoleChange? RestoreRole { get; init; }
}

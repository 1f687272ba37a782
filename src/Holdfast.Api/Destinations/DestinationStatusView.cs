namespace Holdfast.Api.Destinations;

/// <summary>What a node knows about the use of a destination.</summary>
public sealed record DestinationStatusView
{
    /// <summary>Tag of the node.</summary>
    public required string Node { get; init; }

    /// <summary>Whether retention deletes there; otherwise it is left to the bucket.</summary>
    public required bool Deletes { get; init; }

    /// <summary>
    /// The lifecycle configuration that expires backups as the tasks that use the destination say, to copy into the settings of the bucket;
    /// null if retention deletes there itself, or no task with a retention uses it.
    /// </summary>
    public string? LifecycleRule { get; init; }

    /// <summary>When its upload window opens; null if uploads may start now.</summary>
    public DateTimeOffset? WaitingUntil { get; init; }

    /// <summary>Requests and bytes since the node was started; null for a destination without requests.</summary>
    public DestinationRequestsView? Requests { get; init; }

    /// <summary>Uploads that were never completed; null if the node has not looked for them.</summary>
    public UnfinishedUploadsView? UnfinishedUploads { get; init; }
}

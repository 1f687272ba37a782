namespace Holdfast.Api.Destinations;

/// <summary>A destination that is to be defined.</summary>
public sealed record DestinationRequest
{
    /// <summary>What it is: <c>local</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The folder of a local one, under one of the node's localRoots.</summary>
    public string? Path { get; init; }
}

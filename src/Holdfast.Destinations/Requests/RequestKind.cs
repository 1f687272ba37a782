namespace Holdfast.Destinations.Requests;

/// <summary>Kinds of requests, as stores bill them.</summary>
public enum RequestKind
{
    /// <summary>Writes: objects, parts, and the requests that start and complete uploads.</summary>
    Put,

    /// <summary>Listings.</summary>
    List,

    /// <summary>Reads, of content or of properties.</summary>
    Get,

    /// <summary>Deletions; free with most stores.</summary>
    Delete,
}

namespace Holdfast.Core.Kinds;

/// <summary>What a kind of destination can do. Clients decide by these features, never by the name of the kind.</summary>
public sealed record DestinationFeatures
{
    /// <summary>Whether its destinations are folders of the server's machine, so that a path names their backups too. Default no.</summary>
    public bool HasLocalPaths { get; init; }

    /// <summary>
    /// Whether backups leave the machine over the network. Only an administrator may define such a destination. Default no.
    /// </summary>
    public bool IsRemote { get; init; }

    /// <summary>Whether a missing root is created when a destination is defined. Default no: it must exist.</summary>
    public bool CreatesRoot { get; init; }
}

namespace Holdfast.Core.Kinds;

/// <summary>What a kind of engine can do. Clients decide by these features, never by the name of the kind.</summary>
public sealed record EngineFeatures
{
    /// <summary>Whether it makes snapshots. Default no: a logical backup is made instead.</summary>
    public bool CanSnapshot { get; init; }

    /// <summary>
    /// Whether its databases are files: a path names one, and a restore creates one, with a mode and an owner. Default no: they belong
    /// to a server, which a URL names.
    /// </summary>
    public bool HasFiles { get; init; }

    /// <summary>Whether its databases can be encrypted, each with its own key. Default no.</summary>
    public bool HasDatabaseKeys { get; init; }

    /// <summary>Whether testing a source finds more than discovery does, such as missing permissions. Default no.</summary>
    public bool CanTestConnection { get; init; }
}

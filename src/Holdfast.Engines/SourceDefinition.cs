namespace Holdfast.Engines;

/// <summary>A source that was defined over the API, as it is stored. Its password is none of it: that is kept with the secrets.</summary>
public sealed record SourceDefinition
{
    /// <summary>Its name, by which database ids begin.</summary>
    public required string Name { get; init; }

    /// <summary>Its engine: <c>postgresql</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Where it is: <c>postgresql://user@host[,host2]:port</c>. Never with a password.</summary>
    public required string Url { get; init; }

    /// <summary>Globs of the names of databases that count; empty means all.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Globs of the names of databases that do not count.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Role that restores are run as; null for the user of the address. Its password is kept with the secrets too.</summary>
    public string? RestoreUser { get; init; }

    /// <summary>Role that owns what is restored here; null for the engine's default.</summary>
    public string? RestoreOwner { get; init; }
}

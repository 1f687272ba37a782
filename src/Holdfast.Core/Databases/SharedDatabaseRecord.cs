namespace Holdfast.Core.Databases;

/// <summary>What all nodes share about a database, as stored under its id. It outlives the database itself.</summary>
public sealed record SharedDatabaseRecord
{
    /// <summary>Its id.</summary>
    public required DatabaseId Id { get; init; }

    /// <summary>Name of its engine.</summary>
    public required string Engine { get; init; }

    /// <summary>When any node first discovered it.</summary>
    public required DateTimeOffset FirstSeen { get; init; }
}

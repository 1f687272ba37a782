using Holdfast.Core.Databases;

namespace Holdfast.Node.Restores;

/// <summary>What is to be verified.</summary>
public sealed record VerifyAsk
{
    /// <summary>Where it is, as for a restore: a database's id stands for its chains at every destination.</summary>
    public required string From { get; init; }

    /// <summary>The database that the chains are of.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>Keys that may open it, besides those that the server keeps. Never stored.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}

using Holdfast.Core.Databases;

namespace Holdfast.Node.Verification;

/// <summary>What is to be verified.</summary>
public sealed record VerifyJob
{
    /// <summary>Where it is, as for a restore: a database's id stands for its chains at every destination.</summary>
    public required string From { get; init; }

    /// <summary>The database that the chains are of.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>
    /// Whether an archive that no key here opens counts as whole where its bytes are those that were written. Default
    /// no: who asks by hand is told.
    /// </summary>
    public bool HashSuffices { get; init; }

    /// <summary>Keys that may open it, besides those that the server keeps. Never stored.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}

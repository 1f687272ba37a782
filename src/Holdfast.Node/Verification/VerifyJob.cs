using Holdfast.Core.Databases;

namespace Holdfast.Node.Verification;

/// <summary>A verification to run.</summary>
public sealed record VerifyJob
{
    /// <summary>The location, as for a restore: the id of a database stands for its chains at every destination.</summary>
    public required string From { get; init; }

    /// <summary>The database of the chains.</summary>
    public required DatabaseId Database { get; init; }

    /// <summary>
    /// Whether an archive that no key here opens is intact if its bytes are those that were written. Default no: a manual
    /// verification reports it.
    /// </summary>
    public bool HashSuffices { get; init; }

    /// <summary>Keys that may open the archives, in addition to those that the server stores. Never stored.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}

using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Node.Catalog.Search;

namespace Holdfast.Node.Verification;

/// <summary>
/// Reads archives completely, and checks that each has the archives that it builds on and that a restore would accept its streams.
/// </summary>
public static class Verifier
{
    /// <summary>Verifies everything at a location. A bad archive does not stop the others.</summary>
    /// <param name="path">The location.</param>
    /// <param name="keys">The keys for encrypted archives.</param>
    /// <param name="engines">The engines, which check their own streams for what a restore would refuse.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    public static async IAsyncEnumerable<VerifyResult> VerifyAsync(
        ResolvedLocation path,
        AgeKeys keys,
        IReadOnlyCollection<IDatabaseEngine> engines,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var chain in path.Chains)
        {
            await using var verifier = new ChainVerifier(path, chain, keys, engines);
            VerifyResult? unknown = null;
            // The full archive first, so that the parents of an incremental are known when it is verified.
            foreach (var archive in chain.Archives)
            {
                if (path.Archive is not null && path.Archive != archive)
                {
                    continue;
                }
                var result = await verifier.VerifyAsync(archive, cancellationToken);
                // A parent that cannot be read now, or whose key is missing here, says nothing about the archives that build on it.
                if (unknown is not null && result.Problem?.Error == ErrorCatalog.ChainIncomplete)
                {
                    result = result with { Problem = ChainVerifier.CreateUnknownParentException(archive.Path, unknown.Problem!) };
                }
                else if (result.Problem is { } problem && !problem.IsDamage)
                {
                    unknown ??= result;
                }
                yield return result;
            }
        }
    }
}

using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Compares completely read archives with what was written, and updates the catalog: an unknown archive that is intact is recorded.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="written">Compares headers and manifests with the catalog.</param>
/// <param name="time">The clock.</param>
public sealed class CopyVerifier(ICatalog catalog, RecordedArchiveValidator written, TimeProvider time)
{
    /// <inheritdoc cref="RecordedArchiveValidator.IsRecorded"/>
    public bool IsRecorded(string chain, string name) => written.IsRecorded(chain, name);

    /// <summary>Records the result of verifying one archive.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="opened">The destination.</param>
    /// <param name="database">The database of the chain, by its folder.</param>
    /// <param name="chain">Path of the chain from the destination's root.</param>
    /// <param name="result">The result of reading the archive, whose paths are those that <paramref name="opened"/> uses.</param>
    /// <param name="hashSuffices">
    /// Whether an archive that no key here opens is intact if its bytes are those that were written.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The problem that the comparison found, null if none; and a note on an intact archive.</returns>
    public async Task<(HoldfastException? Problem, string? Note)> RecordAsync(
        string destination,
        IDestination opened,
        DatabaseId database,
        StoredChain chain,
        VerifyResult result,
        bool hashSuffices,
        CancellationToken cancellationToken
    )
    {
        var stored = result.Archive;
        var name = stored.Name.ToString();
        var known = catalog.Find(chain.Path)?.Find(name)?.Archive;
        var archive = new CatalogArchive { Name = name, Length = stored.Length };
        var (problem, note) = (
            result.Problem is null ? null : FindMismatch(database, chain.Path, name, result) ?? result.Problem,
            (string?)null
        );
        if (problem is null || (hashSuffices && problem.Error.ExitCode == ErrorCatalog.KeyWrong.ExitCode && known is { Sha256: not null }))
        {
            (problem, note, archive) = await CompareAsync(opened, database, chain.Path, result, known, cancellationToken);
        }

        // A missing key or an unreachable destination says nothing about the archive.
        if (problem is not null && !problem.IsDamage && problem.Error != ErrorCatalog.NotFound)
        {
            return (problem, null);
        }
        if (problem?.Error == ErrorCatalog.Unreadable)
        {
            await opened.CheckIdentityAsync(cancellationToken); // throws if the failure is not limited to this file
        }
        var state =
            problem is not null ? CopyState.Damaged
            : note is not null ? CopyState.WithoutIndex
            : CopyState.Whole;
        await catalog.RecordFindingsAsync(
            database,
            chain.Name.Task,
            [
                new()
                {
                    Chain = chain.Path,
                    Name = name,
                    Destination = destination,
                    Identity = opened.Identity,
                    State = problem?.Error == ErrorCatalog.NotFound ? CopyState.Missing : state,
                    At = time.GetUtcNow(),
                    Problem =
                        problem is not null ? OperationError.From(problem)
                        : note is not null ? new(ErrorCatalog.Corrupt.Code, note, null)
                        : null,
                    IsVerified = true,
                    Archive = archive,
                },
            ]
        );
        return (problem, note);
    }

    // Checked before any other problem: another archive under this name says nothing about the rest of the chain.
    private HoldfastException? FindMismatch(DatabaseId database, string chain, string name, VerifyResult result)
    {
        if (result.Header is not { } header)
        {
            return null;
        }
        return header.Database != database.ToString()
            ? new(
                ErrorCatalog.Refused,
                $"'{chain}/{name}' belongs to database '{header.Database}'.",
                "Use the chain at another destination. Find out who can write to this one."
            )
            : written.FindMismatch(chain, name, header, result.ManifestSha256!);
    }

    private async Task<(HoldfastException? Problem, string? Note, CatalogArchive Archive)> CompareAsync(
        IDestination opened,
        DatabaseId database,
        string chain,
        VerifyResult result,
        CatalogArchive? known,
        CancellationToken cancellationToken
    )
    {
        var stored = result.Archive;
        var name = stored.Name.ToString();
        var seen = new CatalogArchive { Name = name, Length = stored.Length };
        if (FindMismatch(database, chain, name, result) is { } mismatch)
        {
            return (mismatch, null, seen);
        }
        var sha256 = await HashAsync(opened, stored.Path, cancellationToken);
        var index = stored.HasIndex ? await HashAsync(opened, stored.IndexPath, cancellationToken) : null;
        if (known is { IsRecorded: true, Sha256: not null })
        {
            if (sha256 != known.Sha256)
            {
                return (
                    new(
                        ErrorCatalog.Corrupt,
                        $"'{chain}/{name}' has {stored.Length} bytes that differ from those that were written.",
                        "Use the archive at another destination."
                    ),
                    null,
                    seen
                );
            }
            var isIndexBad = known.IndexSha256 is not null && index != known.IndexSha256;
            return (
                null,
                isIndexBad
                    ? $"Its index is {(index is null ? "missing" : "damaged")}: it can be restored, and the next backup is full."
                    : null,
                seen
            );
        }

        return (
            null,
            null,
            seen with
            {
                Id = result.Header!.Id,
                Chain = result.Header.Chain,
                Parent = result.Header.Parent,
                Sha256 = sha256,
                ManifestSha256 = result.ManifestSha256,
                IndexLength = stored.IndexLength,
                IndexSha256 = index,
                Started = result.Header.StartTime,
            }
        );
    }

    private static async Task<string> HashAsync(IDestination opened, string path, CancellationToken cancellationToken)
    {
        await using var source = await opened.OpenAsync(path, cancellationToken);
        return await StoredFileReader.HashAsync(source, cancellationToken);
    }
}

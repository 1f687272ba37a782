using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog.Storage;
using Holdfast.Node.Destinations;
using Holdfast.State;

namespace Holdfast.Node.Catalog.Auditing;

/// <summary>
/// Which chains were verified and with which result, according to the catalog. Results that an earlier version stored in the state
/// are moved to the catalog when their chain is audited or verified, and are used until then.
/// </summary>
public sealed class ChainVerificationHistory
{
    private readonly WriteBehindState<ChainCheck> _legacy;
    private readonly ICatalog _catalog;

    /// <summary>Creates the history.</summary>
    /// <param name="former">Results that an earlier version stored in the state.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="definitions">The destinations: if one gets another root, its results are forgotten.</param>
    /// <param name="destinations">Knows which definitions have the same root.</param>
    public ChainVerificationHistory(
        WriteBehindState<ChainCheck> former,
        ICatalog catalog,
        StateMirror<DestinationConfig> definitions,
        DestinationRegistry destinations
    )
    {
        (_legacy, _catalog) = (former, catalog);
        definitions.Changed += (name, before, after) =>
        {
            if (before is not null && !destinations.HasSameRoot(before, after))
            {
                ForgetAll(name);
            }
        };
    }

    /// <summary>The latest result; null if the chain was never verified and has no known problem.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="path">Path of the chain at the destination.</param>
    public ChainCheck? Find(string destination, string path)
    {
        var copies = _catalog
            .Find(path)
            ?.Entries.Select(e => (e.Archive, Copy: e.CopyAt(destination)))
            .Where(c => c.Copy is not null)
            .ToList()
            ?? [];
        var read = copies.Where(c => c.Copy!.Verified is not null).ToList();
        var problems = copies
            .Where(c => c.Copy is { IsRestorable: false, Problem: not null })
            .ToDictionary(c => c.Archive.Name, c => c.Copy!.Problem!, StringComparer.Ordinal);
        if (read.Count == 0)
        {
            if (_legacy.Find(Key(destination, path)) is { } former)
            {
                return former;
            }
            return problems.Count == 0 ? null : new(copies.Max(c => c.Copy!.Since) ?? DateTimeOffset.MinValue, null, problems);
        }

        return new(read.Max(c => c.Copy!.Verified!.Value), read.Max(c => Core.Layout.ArchiveName.TryParse(c.Archive.Name)!.Time), problems);
    }

    /// <summary>Forgets a chain that no longer exists.</summary>
    public void Forget(string destination, string path)
    {
        if (_legacy.Find(Key(destination, path)) is not null)
        {
            _legacy.Remove(Key(destination, path));
        }
    }

    /// <summary>Moves the stored results of a chain to the catalog.</summary>
    internal async Task MigrateAsync(string destination, DatabaseId database, StoredChain chain)
    {
        if (_legacy.Find(Key(destination, chain.Path)) is not { } former)
        {
            return;
        }
        var findings = chain
            .Archives.Where(a => a.Name.Time <= former.Through)
            .Select(a =>
            {
                var problem = former.Problems.GetValueOrDefault(a.Name.ToString());
                var isDamage = problem is not null && ErrorCatalog.Find(problem.Code).IsDamage;
                return problem is not null && !isDamage
                    ? null
                    : new CopyFinding
                    {
                        Chain = chain.Path,
                        Name = a.Name.ToString(),
                        Destination = destination,
                        State = isDamage ? CopyState.Damaged : CopyState.Whole,
                        At = former.At,
                        Problem = isDamage ? problem : null,
                        IsVerified = true,
                        Archive = new() { Name = a.Name.ToString(), Length = a.Length },
                    };
            })
            .OfType<CopyFinding>()
            .ToList();
        await _catalog.RecordFindingsAsync(database, chain.Name.Task, findings);
        _legacy.Remove(Key(destination, chain.Path));
    }

    // Paths contain names of databases, which may be long; a hash is enough to distinguish them.
    private static string Key(string destination, string path) =>
        $"{destination}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16))}";

    private void ForgetAll(string destination)
    {
        foreach (var (key, _) in _legacy.Items.Where(r => r.Key.StartsWith($"{destination}/", StringComparison.Ordinal)).ToList())
        {
            _legacy.Remove(key);
        }
    }
}

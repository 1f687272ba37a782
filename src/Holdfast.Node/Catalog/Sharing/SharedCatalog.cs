using Holdfast.Core.Databases;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Catalog.Sharing;

/// <summary>
/// What a server writes into the folder of a database at a destination for other servers: the files there, and sealed as their indexes
/// are, the ids of the archives. Only a hint: a listing wins. <c>docs/format.md</c> specifies it.
/// </summary>
public sealed record SharedCatalog
{
    /// <summary>Name of the file, in the folder of a database.</summary>
    public const string FileName = ".holdfast-catalog";

    /// <summary>The version that this program writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Maximum size that is written, in bytes; the oldest chains are left out beyond it.</summary>
    public const int MaxWrittenBytes = 1 << 20;

    /// <summary>Maximum size that is read, in bytes; a larger file is damaged.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Version of the format.</summary>
    public int Format { get; init; }

    /// <summary>Tag of the node that wrote it; null if unknown.</summary>
    public string? Node { get; init; }

    /// <summary>When it was written.</summary>
    public DateTimeOffset Written { get; init; }

    /// <summary>Whether older chains are left out because of its size.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The chains of the database at this destination, the oldest first.</summary>
    public IReadOnlyList<SharedChain> Chains { get; init; } = [];

    /// <summary>Path of the file of a database at every destination.</summary>
    public static string PathOf(DatabaseId database) => $"{DatabaseFolder.PathOf(database)}/{FileName}";

    /// <summary>Whether the hash of an archive is unknown.</summary>
    internal bool LacksHashes => Chains.Any(c => c.Archives.Any(a => a.Sha256 is null));

    /// <summary>The same, with hashes and ids that it lacks and that another description of the folder has.</summary>
    internal SharedCatalog AddFrom(SharedCatalog other)
    {
        var chains = other.Chains.DistinctBy(c => c.Name, StringComparer.Ordinal).ToDictionary(c => c.Name, StringComparer.Ordinal);
        return this with { Chains = [.. Chains.Select(c => chains.TryGetValue(c.Name, out var known) ? c.AddFrom(known) : c)] };
    }

    /// <summary>Whether it names the same files with the same lengths and hashes.</summary>
    public bool NamesSameFiles(SharedCatalog other) =>
        IsTruncated && other.Chains.Count > Chains.Count ? NamesSame(other.Chains.TakeLast(Chains.Count)) : NamesSame(other.Chains);

    /// <summary>Reads the file of a database; null if there is none, or if a newer program wrote it.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="folder">Path of the folder of the database there.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The content, and the version of the file.</returns>
    /// <exception cref="Core.Errors.HoldfastException">
    /// <see cref="Core.Errors.ErrorCatalog.Corrupt"/> if it is damaged, or a failure of the destination.
    /// </exception>
    public static async Task<(SharedCatalog Content, string? Version)?> FindAsync(
        IDestination destination,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var path = folder.Length == 0 ? FileName : $"{folder}/{FileName}";
        return
            await destination.ReadSmallFileAsync(path, MaxBytes, cancellationToken) is { } file
            && SharedCatalogFormat.Read(file.Bytes.Span, destination.NameOf(path)) is { } content
            ? (content, file.Version)
            : null;
    }

    private bool NamesSame(IEnumerable<SharedChain> others)
    {
        var chains = others.ToList();
        return Chains.Select(c => c.Name).SequenceEqual(chains.Select(c => c.Name), StringComparer.Ordinal)
            && Chains.Zip(chains).All(c => c.First.Archives.SequenceEqual(c.Second.Archives));
    }
}

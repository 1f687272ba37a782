using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Core.Layout;

namespace Holdfast.Node.Catalog.Sharing;

/// <summary>Reads and writes the bytes of a <see cref="SharedCatalog"/>. What is read is not trusted.</summary>
internal static class SharedCatalogFormat
{
    private const int IdLength = 32;
    private const int HashBytes = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Base64 stays readable; the file is no part of a web page
    };

    /// <summary>Writes a catalog.</summary>
    public static byte[] Write(SharedCatalog catalog) => JsonSerializer.SerializeToUtf8Bytes(catalog, Json);

    /// <summary>Reads a catalog; null if a newer program wrote it.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">Name of the file, for errors.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Corrupt"/> if it is damaged.</exception>
    public static SharedCatalog? Read(ReadOnlySpan<byte> bytes, string name)
    {
        SharedCatalog? catalog = null;
        try
        {
            // Nothing but its version is known of a newer one.
            if (JsonSerializer.Deserialize<Version>(bytes, Json)?.Format > SharedCatalog.CurrentFormat)
            {
                return null;
            }
            catalog = JsonSerializer.Deserialize<SharedCatalog>(bytes, Json);
        }
        catch (JsonException)
        {
            // below
        }
        return catalog is { Format: SharedCatalog.CurrentFormat, Chains: not null } && catalog.Chains.All(IsValid)
            ? catalog
            : throw new HoldfastException(
                ErrorCatalog.Corrupt,
                $"'{name}' is damaged.",
                "No backup needs it. The daily audit writes it again."
            );
    }

    /// <summary>The ids of a chain as they are stored in a catalog and in the node's own one.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="protection">Encryption of the chain's indexes; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<byte[]> SealAsync(SharedChainIds ids, AgeProtection? protection, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(ids, Json);
        return protection is null ? Encoding.UTF8.GetBytes(json) : await AgeText.SealAsync(json, protection, cancellationToken);
    }

    /// <summary>A chain with the ids that <see cref="SealAsync"/> returned; without, if they are not of that form.</summary>
    public static SharedChain WithIds(SharedChain chain, byte[]? ids)
    {
        try
        {
            return ids is null ? chain
                : IsSealed(ids) ? chain with { Sealed = ids }
                : chain with { Ids = JsonSerializer.Deserialize<SharedChainIds>(ids, Json) };
        }
        catch (JsonException)
        {
            return chain; // only a hint
        }
    }

    /// <summary>Whether these are ids in encrypted form.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> ids) => ids.StartsWith("age-encryption.org/"u8);

    /// <summary>The ids of a chain; null if they are unknown, or no key opens them.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="keys">Keys to try.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<SharedChainIds?> FindIdsAsync(SharedChain chain, AgeKeys keys, CancellationToken cancellationToken)
    {
        try
        {
            // Anyone could have written ids that are not encrypted: of an encrypted chain, they count for nothing.
            var ids =
                chain.Sealed is { } file && !keys.IsEmpty
                    ? JsonSerializer.Deserialize<SharedChainIds>(await AgeText.OpenAsync(chain.Name, file, keys, cancellationToken), Json)
                : chain.Archives.Any(a => ArchiveName.TryParse(a.Name) is { IsEncrypted: true }) ? null
                : chain.Ids;
            return ids is not null && IsValid(ids, chain) ? ids : null;
        }
        catch (Exception e) when (e is JsonException or HoldfastException)
        {
            return null;
        }
    }

    private sealed record Version(int Format);

    private static bool IsValid(SharedChain chain) =>
        chain is { Name: not null, Archives: not null }
        && ChainName.TryParse(chain.Name) is not null
        && chain.Archives.All(a =>
            a?.Name is not null
            && ArchiveName.TryParse(a.Name) is not null
            && a.Length >= 0
            && a.IndexLength is null or >= 0
            && IsHash(a.Sha256)
            && IsHash(a.IndexSha256)
        )
        && chain.Archives.Select(a => a.Name).Distinct(StringComparer.Ordinal).Count() == chain.Archives.Count;

    private static bool IsValid(SharedChainIds ids, SharedChain chain) =>
        IsId(ids.Chain)
        && ids.Database is not null
        && ids.Archives is not null
        && ids.Archives.All(a => a?.Name is not null && IsId(a.Id) && (a.Parent is null || IsId(a.Parent)) && IsHash(a.Manifest))
        && ids.Archives.Select(a => a.Name).Distinct(StringComparer.Ordinal).Count() == ids.Archives.Count
        && chain.Archives.Count > 0;

    private static bool IsId(string? id) => id?.Length == IdLength && id.All(char.IsAsciiHexDigitLower);

    private static bool IsHash(string? hash)
    {
        Span<byte> bytes = stackalloc byte[HashBytes];
        return hash is null || (Convert.TryFromBase64String(hash, bytes, out var length) && length == HashBytes);
    }
}

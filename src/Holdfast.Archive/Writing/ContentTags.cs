using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Writing;

/// <summary>A tag over the contents of an archive's items: within a chain, equal tags mean equal contents.</summary>
internal static class ContentTags
{
    /// <summary>Computes the tag of these items.</summary>
    public static byte[] Compute(IEnumerable<ManifestItem> items, Tagger tagger)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in items)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{item.Name}\n{item.Kind}\n{item.Length}\n{item.PageSize}\n{item.Sha256}\n"));
            if (item.Kind == ItemKind.Stream)
            {
                foreach (var part in item.Parts)
                {
                    hash.AppendData(Encoding.ASCII.GetBytes(part.Sha256));
                }
            }
        }

        var tag = new byte[Tagger.TagBytes];
        tagger.ComputeTags(hash.GetHashAndReset(), tag);
        return tag;
    }

    /// <summary>Computes the digest of these items.</summary>
    public static ContentDigest ComputeContentDigest(IEnumerable<ManifestItem> items, string changeToken, int partMean, byte[] key)
    {
        using var tagger = new Tagger(key);
        return new(changeToken, partMean, Convert.ToBase64String(Compute(items, tagger)));
    }
}

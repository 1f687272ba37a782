using System.Security.Cryptography;
using Holdfast.Archive.Age;

namespace Holdfast.Archive.Writing;

/// <summary>The key under which a node tags what databases hold; see <see cref="Core.Tasks.ContentDigest"/>.</summary>
public static class ContentKey
{
    private const int KeyBytes = 32;

    /// <summary>That of a node. Another key makes other tags, so what one node has marked, another takes for different.</summary>
    /// <param name="node">The node's own key.</param>
    public static byte[] Derive(AgeIdentity node)
    {
        var key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, node.Key, key, salt: [], info: "holdfast content tag"u8);
        return key;
    }
}

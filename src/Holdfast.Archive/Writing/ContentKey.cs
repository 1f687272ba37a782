using System.Security.Cryptography;
using Holdfast.Archive.Age;

namespace Holdfast.Archive.Writing;

/// <summary>The key with which a node tags the contents of databases; see <see cref="Core.Tasks.ContentDigest"/>.</summary>
public static class ContentKey
{
    private const int KeyBytes = 32;

    /// <summary>Derives the key of a node. Tags of different nodes differ, so contents tagged by one node never match on another.</summary>
    /// <param name="node">The node's own key.</param>
    public static byte[] Derive(AgeIdentity node)
    {
        var key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, node.Key, key, salt: [], info: "holdfast content tag"u8);
        return key;
    }
}

using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Server.Access.Tokens;

/// <summary>The token of <c>--admin-token-file</c>, for automated setup of a server. Only its hash is kept in memory.</summary>
internal sealed class AdminToken
{
    private const int MinLength = 32;
    private const int MaxBytes = 4096;

    private readonly byte[]? _hash;

    private AdminToken(byte[]? hash) => _hash = hash;

    /// <summary>No token; nothing matches it.</summary>
    public static AdminToken None { get; } = new(null);

    /// <summary>Reads the file.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/>, or <see cref="ErrorCatalog.Usage"/> if other users could read the file
    /// or it contains no valid token.
    /// </exception>
    public static AdminToken Read(string path)
    {
        var bytes = PrivateFile.Read(path, "Admin token file", MaxBytes);
        try
        {
            var token = bytes.AsSpan().Trim(" \t\r\n"u8);
            foreach (var b in token)
            {
                if (b is < 0x21 or > 0x7e)
                {
                    throw new HoldfastException(
                        ErrorCatalog.Usage,
                        $"Admin token file '{path}' contains more than one line, or characters that are not allowed in a header.",
                        "It must contain one token of printable ASCII characters."
                    );
                }
            }

            if (token.Length < MinLength)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"The token in '{path}' has {token.Length} characters; at least {MinLength} are required.",
                    "Create one with: openssl rand -hex 32"
                );
            }
            return new(SHA256.HashData(token));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Whether a token is this one.</summary>
    public bool Matches(string presented) =>
        _hash is not null && CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(presented)));
}

using System.Buffers.Text;
using System.Security.Cryptography;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Server.Access.Tokens;

/// <summary>The API tokens. A token consists of <c>holdfast_</c>, its id, <c>_</c>, and its secret in Base64 for URLs.</summary>
internal sealed class TokenStore(StateMirror<ApiToken> tokens, AdminToken adminToken, TimeProvider time)
{
    public const string Prefix = "tokens/";
    private const string TokenPrefix = "holdfast_";
    private const int IdLength = 12;
    private const int SecretBytes = 32;
    private static readonly TimeSpan LastUsedInterval = TimeSpan.FromMinutes(5);

    public StateMirror<ApiToken> Tokens => tokens;

    /// <summary>Creates a token.</summary>
    /// <returns>The stored record, and the token itself, which cannot be shown again.</returns>
    public async Task<(StateItem<ApiToken> Item, string Token)> CreateAsync(
        string name,
        Role role,
        DateTimeOffset? expires,
        string createdBy,
        CancellationToken cancellationToken
    )
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var token = new ApiToken
        {
            Id = id,
            Name = name,
            Role = role,
            Hash = Hash(secret),
            Created = time.GetUtcNow(),
            CreatedBy = createdBy,
            Expires = expires,
        };
        var item = await tokens.PutAsync(id, token, 0, cancellationToken);
        return (item, $"{TokenPrefix}{id}_{Base64Url.EncodeToString(secret)}");
    }

    /// <summary>The caller that a token belongs to; null if it is unknown or has expired.</summary>
    public Caller? Find(string presented)
    {
        if (adminToken.Matches(presented))
        {
            return new("admin-token-file", Role.Admin, IsUser: false, MustChangePassword: false);
        }
        if (!TryParse(presented, out var id, out var secret) || tokens.Find(id) is not { } item)
        {
            return null;
        }
        var isIt = CryptographicOperations.FixedTimeEquals(Convert.FromHexString(item.Value.Hash), SHA256.HashData(secret));
        var now = time.GetUtcNow();
        if (!isIt || item.Value.Expires <= now)
        {
            return null;
        }
        if (item.Value.LastUsed is null || now - item.Value.LastUsed >= LastUsedInterval)
        {
            _ = RecordUseAsync(item, now);
        }
        return new(item.Value.Name, item.Value.Role, IsUser: false, MustChangePassword: false);
    }

    // Not awaited: a request must neither wait for this write nor fail because of it.
    private async Task RecordUseAsync(StateItem<ApiToken> item, DateTimeOffset now)
    {
        try
        {
            await tokens.PutAsync(item.Key, item.Value with { LastUsed = now }, item.Revision, CancellationToken.None);
        }
        catch (Exception e) when (e is HoldfastException or ObjectDisposedException)
        {
            // The token was deleted or updated by another request, or the store is unavailable. The next use tries again.
        }
    }

    private static string Hash(ReadOnlySpan<byte> secret) => Convert.ToHexStringLower(SHA256.HashData(secret));

    private static bool TryParse(string presented, out string id, out byte[] secret)
    {
        (id, secret) = ("", []);
        var secretStart = TokenPrefix.Length + IdLength + 1;
        if (
            !presented.StartsWith(TokenPrefix, StringComparison.Ordinal)
            || presented.Length != secretStart + Base64Url.GetEncodedLength(SecretBytes)
            || !Base64Url.IsValid(presented.AsSpan(secretStart))
        )
        {
            return false;
        }
        (id, secret) = (presented.Substring(TokenPrefix.Length, IdLength), Base64Url.DecodeFromChars(presented.AsSpan(secretStart)));
        return secret.Length == SecretBytes;
    }
}

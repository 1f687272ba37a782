namespace Holdfast.Api.Tasks;

/// <summary>
/// A private key, shown when it is generated and when an administrator requests it. It must not be kept in the same
/// place as the backups.
/// </summary>
/// <param name="SecretKey">The key in the format of <c>age</c>: <c>AGE-SECRET-KEY-1…</c>.</param>
/// <param name="Base64">The same 32 bytes as Base64.</param>
/// <param name="Recipient">The public key.</param>
public sealed record KeyView(string SecretKey, string Base64, string Recipient);

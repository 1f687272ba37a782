namespace Holdfast.Api.Tasks;

/// <summary>A private key, shown when it is made and when an administrator asks for it. Keep it where the backups are not.</summary>
/// <param name="SecretKey">As <c>age</c> reads it: <c>AGE-SECRET-KEY-1…</c>.</param>
/// <param name="Base64">The same 32 bytes as Base64.</param>
/// <param name="Recipient">Its public half.</param>
public sealed record KeyView(string SecretKey, string Base64, string Recipient);

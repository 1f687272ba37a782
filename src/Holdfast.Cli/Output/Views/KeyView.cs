namespace Holdfast.Cli.Output.Views;

/// <summary>A new key. The secret is included only if it was not written to a file.</summary>
internal sealed record KeyView(string Recipient, string KeyId, string? File, string? SecretKey, string? Base64);

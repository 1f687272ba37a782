namespace Holdfast.Cli.Output.Views;

/// <summary>A new key. The secret is there only when it went to no file.</summary>
internal sealed record KeyView(string Recipient, string KeyId, string? File, string? SecretKey, string? Base64);

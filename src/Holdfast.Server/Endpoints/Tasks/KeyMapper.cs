using Holdfast.Api.Tasks;
using Holdfast.Archive.Age;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Converts a private key to its view.</summary>
internal static class KeyMapper
{
    public static KeyView? ToView(AgeIdentity? key) =>
        key is null ? null : new(key.ToSecretKey(), key.ToBase64(), key.Recipient.ToString());
}

using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.Urls;

namespace Holdfast.Destinations.S3;

/// <summary>Creates destinations in buckets of stores that speak the S3 protocol.</summary>
/// <param name="environment">What the node offers and allows.</param>
public sealed class S3DestinationFactory(S3Environment environment) : DestinationFactory
{
    /// <inheritdoc/>
    public override DestinationKind Description => S3Form.Description;

    /// <inheritdoc/>
    public override IDestinationUrls Urls { get; } = new S3Urls();

    /// <inheritdoc/>
    public override IDestinationRoot? Bind(SettingsSection settings, DestinationSecrets secrets) =>
        S3Config.Read(settings, secrets) is { } config ? new S3DestinationRoot(config, secrets, environment) : null;
}

using Holdfast.Core.Settings;

namespace Holdfast.Destinations.Local;

/// <summary>Creates destinations in folders of this machine, including mounted ones.</summary>
public sealed class LocalDestinationFactory : DestinationFactory
{
    private readonly AllowedRoots _roots;
    private readonly ILocalDriver _driver;

    /// <summary>Creates the factory.</summary>
    /// <param name="roots">
    /// Folders under which destinations and user-supplied paths must lie. Absolute; an empty list allows no path.
    /// </param>
    /// <param name="driver">Creates and opens the folders. Default: those of this machine.</param>
    public LocalDestinationFactory(IReadOnlyList<string> roots, ILocalDriver? driver = null)
    {
        _roots = new(roots);
        _driver = driver ?? new LocalDriver();
        LocalPaths = new LocalPaths(_roots);
    }

    /// <inheritdoc/>
    public override string Kind => "local";

    /// <inheritdoc/>
    public override FormDescription Form { get; } =
        new(
            "Local folder",
            [
                new(LocalDestinationConfig.PathKey, "Folder", FormFieldType.Folder)
                {
                    Help = "An absolute path under one of the folders of localRoots; it is created if it is missing.",
                    Placeholder = "/backup/nas",
                    IsRequired = true,
                },
            ]
        );

    /// <inheritdoc/>
    public override ILocalPaths LocalPaths { get; }

    /// <inheritdoc/>
    public override IDestinationRoot? Bind(SettingsSection settings) =>
        LocalDestinationConfig.Read(settings) is { } config ? new LocalDestinationRoot(config.Path, _roots, _driver) : null;
}

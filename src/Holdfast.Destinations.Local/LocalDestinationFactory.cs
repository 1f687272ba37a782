using Holdfast.Core.Kinds;
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
        Description = Describe(roots);
    }

    /// <inheritdoc/>
    public override DestinationKind Description { get; }

    /// <inheritdoc/>
    public override ILocalPaths LocalPaths { get; }

    /// <inheritdoc/>
    public override IDestinationRoot? Bind(SettingsSection settings, DestinationSecrets secrets) =>
        LocalDestinationConfig.Read(settings) is { } config ? new LocalDestinationRoot(config.Path, _roots, _driver) : null;

    private static DestinationKind Describe(IReadOnlyList<string> roots) =>
        new()
        {
            Kind = "local",
            Label = "Local folder",
            Summary = "A folder on a disk of the server, or on a file system that is mounted there.",
            Features = new() { HasLocalPaths = true, CreatesRoot = true },
            Form = new(
                "Add a local folder",
                [
                    new(LocalDestinationConfig.PathKey, "Folder", FormFieldType.Path)
                    {
                        Help =
                            roots.Count == 0
                                ? "An absolute path under one of the folders of localRoots. A missing folder is created."
                                : $"An absolute path under {string.Join(" or ", roots)}. A missing folder is created.",
                        Placeholder = "/backup/nas",
                        Default = roots is [var root] ? $"{root.TrimEnd('/')}/" : null,
                        IsRequired = true,
                        IsLocation = true,
                    },
                ]
            ),
            Configuration =
                roots.Count > 0
                    ? null
                    : new(
                        "Allow a folder",
                        "This node may not write backups to any folder yet. Name the folders in `holdfast.json`, and restart the server:",
                        "\"localRoots\": [\"/backup\"]"
                    ),
        };
}

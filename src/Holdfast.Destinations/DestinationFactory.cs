using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Destinations.Urls;

namespace Holdfast.Destinations;

/// <summary>
/// One kind of destination: what it is, its settings, and how a destination is created from them. Each kind has a project of its own and
/// is registered in the composition root; nothing else names it.
/// </summary>
public abstract class DestinationFactory
{
    /// <summary>Describes the kind and its form to clients.</summary>
    public abstract DestinationKind Description { get; }

    /// <summary>Its name in definitions and the API: <c>local</c>.</summary>
    public string Kind => Description.Kind;

    /// <summary>Opens paths of this machine; null, the default, for a kind without such paths.</summary>
    public virtual ILocalPaths? LocalPaths => null;

    /// <summary>Its URLs; null, the default, for a kind without URLs.</summary>
    public virtual IDestinationUrls? Urls => null;

    /// <summary>Binds the settings of a definition, and reports every error with its key. Does no I/O.</summary>
    /// <param name="settings">
    /// The settings, without name, kind and secrets: fields of the form with the type <see cref="FormFieldType.Secret"/>. The caller
    /// refuses keys that are not read.
    /// </param>
    /// <param name="secrets">The secrets.</param>
    /// <returns>The root that the settings define; null if an error was reported.</returns>
    public abstract IDestinationRoot? Bind(SettingsSection settings, DestinationSecrets secrets);
}

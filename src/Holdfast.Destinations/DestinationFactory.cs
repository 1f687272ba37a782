using Holdfast.Core.Settings;

namespace Holdfast.Destinations;

/// <summary>
/// One kind of destination: its name, its settings, and how one is made of them. It lives in the project of its kind, and
/// is registered where the program is composed; nothing else names the kind.
/// </summary>
public abstract class DestinationFactory
{
    /// <summary>Its kind, in definitions and in the API: <c>local</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>How its settings are shown and asked for.</summary>
    public abstract FormDescription Form { get; }

    /// <summary>Opens what people name by a path of this machine; null, the default, for a kind that has no such paths.</summary>
    public virtual ILocalPaths? LocalPaths => null;

    /// <summary>Reads the settings of a definition and reports every fault with its key. Does no I/O.</summary>
    /// <param name="settings">The settings, without name and kind. Keys that are not read are refused by the caller.</param>
    /// <returns>The root that they name; null where a fault was reported.</returns>
    public abstract IDestinationRoot? Bind(SettingsSection settings);
}

using Holdfast.Core.Settings;

namespace Holdfast.Destinations;

/// <summary>
/// One kind of destination: its name, its settings, and how a destination is created from them. Each kind has a project of its own and is
/// registered in the composition root; nothing else names it.
/// </summary>
public abstract class DestinationFactory
{
    /// <summary>The kind, as in definitions and the API: <c>local</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Describes the form for its settings.</summary>
    public abstract FormDescription Form { get; }

    /// <summary>Opens paths of this machine; null, the default, for a kind without such paths.</summary>
    public virtual ILocalPaths? LocalPaths => null;

    /// <summary>Binds the settings of a definition, and reports every error with its key. Does no I/O.</summary>
    /// <param name="settings">The settings, without name and kind. The caller refuses keys that are not read.</param>
    /// <returns>The root that the settings define; null if an error was reported.</returns>
    public abstract IDestinationRoot? Bind(SettingsSection settings);
}

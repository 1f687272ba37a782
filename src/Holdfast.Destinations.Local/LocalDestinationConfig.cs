using Holdfast.Core.Settings;

namespace Holdfast.Destinations.Local;

/// <summary>Settings of a local destination, as an operator wrote them.</summary>
/// <param name="Path">The folder: an absolute path under one of the node's allowed roots.</param>
internal sealed record LocalDestinationConfig(string Path)
{
    /// <summary>Name of the setting <see cref="Path"/>.</summary>
    public const string PathKey = "path";

    /// <summary>Reads the settings; null if they are invalid, after reporting each error.</summary>
    public static LocalDestinationConfig? Read(SettingsSection settings)
    {
        var path = settings.Has(PathKey) ? settings.GetString(PathKey) : "";
        if (path is null)
        {
            return null; // reported
        }
        if (string.IsNullOrWhiteSpace(path))
        {
            settings.Report(PathKey, "A local destination needs a path.", "Give an absolute path under one of localRoots.");
            return null;
        }
        return new(path);
    }
}

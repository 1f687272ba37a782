using Holdfast.Core.Cluster;
using Holdfast.Core.Databases;
using Holdfast.Core.Settings;
using Holdfast.Engines;
using Holdfast.Server.Files;

namespace Holdfast.Server.Configuration;

/// <summary>Reads the sources of the configuration: what all have here, the rest by the factory of each one's engine.</summary>
/// <param name="engines">One factory for each kind.</param>
/// <param name="dataFolder">The server's own folder, with its links followed; it must not lie in a source.</param>
internal sealed class SourceReader(IReadOnlyList<EngineFactory> engines, string dataFolder)
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase); // folders of destinations may not tell cases apart

    /// <summary>Reads one; null where a fault was reported.</summary>
    public ConfiguredSource? Read(SettingsSection section)
    {
        var (name, kind) = (section.GetRequiredString("name"), section.GetRequiredString("engine"));
        var (include, exclude) = (section.GetStrings("include"), section.GetStrings("exclude"));
        var role = section.GetEnum("role", DatabaseRole.Primary);
        CheckName(section, name);
        if (engines.FirstOrDefault(e => e.Kind == kind) is not { } engine)
        {
            if (kind.Length > 0)
            {
                // the other keys belong to the engine
                section.Report("engine", $"'{kind}' is not an engine. Known: {string.Join(", ", engines.Select(e => e.Kind))}.");
            }
            return null;
        }

        var config = engine.Bind(section);
        section.ReportUnknownKeys();
        CheckFolder(section, config);
        return config is null ? null : new(kind, config with { Name = name, Include = include, Exclude = exclude, Role = role });
    }

    private void CheckName(SettingsSection section, string name)
    {
        if (name.Length > 0 && !DatabaseId.IsSourceName(name))
        {
            section.Report("name", $"'{name}' must be 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit.");
        }
        else if (name.Length > 0 && !_names.Add(name))
        {
            section.Report("name", $"'{name}' names another source already.");
        }
    }

    // Two SQLite libraries are in the process: if both opened one file, the locks of one would fall when the other closes it.
    private void CheckFolder(SettingsSection section, SourceConfig? config)
    {
        if (config?.Folder is { } folder && RealPath.IsWithin(dataFolder, RealPath.Of(folder.Path)))
        {
            section.Report(folder.Key, $"the server's data folder '{dataFolder}' lies inside it. Choose another with --data.");
        }
    }
}

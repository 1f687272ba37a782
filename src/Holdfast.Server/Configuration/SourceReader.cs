using Holdfast.Core.Cluster;
using Holdfast.Core.Databases;
using Holdfast.Core.Settings;
using Holdfast.Engines;
using Holdfast.Engines.Sources;
using Holdfast.Server.Files;

namespace Holdfast.Server.Configuration;

/// <summary>Reads the sources of the configuration: the common settings here, the others by the factory of each engine.</summary>
/// <param name="engines">The factories, one for each kind of engine.</param>
/// <param name="dataFolder">The data folder of the server, with links resolved; it must not be inside a source.</param>
internal sealed class SourceReader(IReadOnlyList<EngineFactory> engines, string dataFolder)
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase); // the file system of a destination may ignore case

    /// <summary>Reads a source; returns null if it has errors.</summary>
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
            section.Report("name", $"'{name}' is already the name of another source.");
        }
    }

    // The process contains two SQLite libraries. If both opened the same file, one would lose its locks when the other closes it.
    private void CheckFolder(SettingsSection section, SourceConfig? config)
    {
        if (config?.Folder is { } folder && RealPath.IsWithin(dataFolder, RealPath.Of(folder.Path)))
        {
            section.Report(folder.Key, $"the server's data folder '{dataFolder}' is inside it. Choose another one with --data.");
        }
    }
}

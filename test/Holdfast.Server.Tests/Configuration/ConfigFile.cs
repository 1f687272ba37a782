using Holdfast.Core.Errors;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Tests.Configuration;

/// <summary>A configuration file in its own folder.</summary>
internal sealed class ConfigFile : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("holdfast-config-").FullName;

    public ServerConfig Load(string json, params (string Name, string Value)[] environment)
    {
        var path = Path.Combine(Folder, "holdfast.json");
        File.WriteAllText(path, json);
        return ServerConfigLoader.Load(
            path,
            Path.Combine(Folder, "data"),
            environment.ToDictionary(v => v.Name, v => v.Value),
            TestEngines.All
        );
    }

    /// <summary>The lines of the failure, one for each error.</summary>
    public string[] LoadErrors(string json, params (string Name, string Value)[] environment)
    {
        var failure = Assert.Throws<HoldfastException>(() => Load(json, environment));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        return [.. failure.Message.Split('\n').Skip(1).Select(l => l.Trim())];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Engines;
using Holdfast.Engines.Sources;
using Holdfast.Node;
using Holdfast.Node.Discovery;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Hosting;

/// <summary>Attaches each source with the factory of its engine. Does no I/O.</summary>
/// <param name="engines">One factory per kind.</param>
internal sealed class SourceFactory(IReadOnlyList<EngineFactory> engines)
{
    /// <summary>Attaches a source of the configuration.</summary>
    public AttachedSource Attach(ConfiguredSource source) => Attach(engines.Single(e => e.Kind == source.Engine), source.Config);

    /// <summary>Attaches a source that was defined over the API.</summary>
    /// <exception cref="ValidationException">The definition has errors.</exception>
    public AttachedSource Attach(SourceDefinition definition, SourceSecrets secrets)
    {
        var context = new SettingsContext();
        var settings = new SettingsSection(context, "", JsonSerializer.SerializeToElement(definition.Settings ?? []));
        if (engines.FirstOrDefault(e => e.Kind == definition.Engine) is not { } engine)
        {
            var known = engines.Where(e => e.Description.Form is not null).Select(e => e.Kind);
            settings.Report("engine", $"'{definition.Engine}' is not a known engine.", $"Use {string.Join(" or ", known)}.");
            throw ValidationException.Create(context.Errors);
        }
        var config = engine.Bind(definition, settings, secrets);
        settings.ReportUnknownKeys();
        ValidationException.ThrowIfAny(context.Errors);
        return Attach(engine, config!);
    }

    private static AttachedSource Attach(EngineFactory factory, SourceConfig config)
    {
        var engine = factory.CreateEngine();
        return new(engine.Name, engine.Attach(config), factory.CanSnapshot);
    }
}

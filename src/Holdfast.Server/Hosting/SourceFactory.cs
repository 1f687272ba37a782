using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Hosting;

/// <summary>Attaches sources, each by the factory of its engine. Does no I/O.</summary>
/// <param name="engines">One factory for each kind.</param>
internal sealed class SourceFactory(IReadOnlyList<EngineFactory> engines)
{
    /// <summary>A source of the configuration.</summary>
    public AttachedSource Attach(ConfiguredSource source) => Attach(engines.Single(e => e.Kind == source.Engine), source.Config);

    /// <summary>A source that was defined over the API.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> where it cannot be used.</exception>
    public AttachedSource Attach(SourceDefinition definition, SourceSecrets secrets)
    {
        var engine = engines.FirstOrDefault(e => e.Kind == definition.Engine)
            ?? throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"A source of '{definition.Engine}' cannot be defined here.",
                $"Use {string.Join(" or ", engines.Where(e => e.Form.Fields.Count > 0).Select(e => e.Kind))}."
            );
        return Attach(engine, engine.Bind(definition, secrets));
    }

    private static AttachedSource Attach(EngineFactory factory, SourceConfig config)
    {
        var engine = factory.CreateEngine();
        return new(engine.Name, engine.Attach(config), factory.CanSnapshot);
    }
}

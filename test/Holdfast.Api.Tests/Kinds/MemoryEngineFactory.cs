using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Engines;
using Holdfast.Engines.Sources;
using Holdfast.Testing.Faults;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A kind of engine that the product does not have: databases in the memory of the test.</summary>
/// <param name="time">The clock.</param>
internal sealed class MemoryEngineFactory(TimeProvider time) : EngineFactory
{
    private const string Scheme = "memory://";

    /// <summary>The one source, whose name is <c>fake</c>.</summary>
    public MemorySource Source { get; } = new(time);

    public override EngineKind Description { get; } =
        new()
        {
            Kind = "memory",
            Label = "Memory",
            Summary = "Databases in memory.",
            Features = new() { CanSnapshot = true },
            Form = new(
                "Add memory",
                [
                    new("url", "Address", FormFieldType.Url) { IsRequired = true, IsLocation = true },
                    new("pages", "Pages", FormFieldType.Number)
                    {
                        Section = FormSection.Advanced,
                        Default = "1",
                        Min = 1,
                        Max = 9,
                    },
                ]
            ),
        };

    public override IDatabaseEngine CreateEngine() => new Engine(this);

    public override SourceConfig? Bind(SettingsSection settings) => Read(settings.GetRequiredString("url"), settings);

    public override SourceConfig? Bind(SourceDefinition definition, SettingsSection settings, SourceSecrets secrets) =>
        Read(definition.Url, settings);

    public override bool Accepts(string location) => location.StartsWith(Scheme, StringComparison.Ordinal);

    public override SourceConfig Bind(SourceLocation location) => new MemoryConfig { Name = location.Name };

    public override (SourceConfig Source, string Database) BindTarget(SourceLocation location) => (Bind(location), "new");

    private MemoryConfig Read(string url, SettingsSection settings)
    {
        if (!Accepts(url))
        {
            settings.Report("url", $"'{url}' does not begin with {Scheme}.");
        }
        return new() { Pages = settings.GetInteger("pages", 1, 9) ?? 1 };
    }

    private sealed record MemoryConfig : SourceConfig
    {
        /// <summary>Pages of the first database; 1 to 9, default 1.</summary>
        public int Pages { get; init; } = 1;
    }

    private sealed class Engine(MemoryEngineFactory factory) : IDatabaseEngine
    {
        public string Name => factory.Kind;

        public IDatabaseSource Attach(SourceConfig config)
        {
            var contents = new byte[((MemoryConfig)config).Pages * MemorySource.Page];
            contents.AsSpan().Fill(42);
            factory.Source.Put("first", contents);
            return factory.Source;
        }
    }
}

using System.CommandLine;
using Holdfast.Core.Databases;
using Holdfast.Engines;
using Holdfast.Engines.Sources;

namespace Holdfast.Cli.Sources;

/// <summary>A source given on the command line, attached by the engine that accepts its location.</summary>
/// <param name="Engine">Name of its engine.</param>
/// <param name="Source">The attached source, which the caller disposes.</param>
internal sealed record CommandSource(string Engine, IDatabaseSource Source) : IAsyncDisposable
{
    /// <summary>All engines, for verbs that need no source.</summary>
    public static IReadOnlyCollection<IDatabaseEngine> Engines { get; } = [.. Drivers.Engines.Select(e => e.CreateEngine())];

    /// <summary>Attaches the source for <c>[NAME=]DIR</c> or <c>[NAME=]URL</c>.</summary>
    public static CommandSource Parse(string text, SourceOptions options, ParseResult parsed)
    {
        var (name, place) = SplitName(text);
        var engine = EngineOf(place);
        options.RejectOptionsOfOthers(parsed, engine);
        return Attach(
            engine,
            engine.Bind(
                new SourceLocation
                {
                    Location = place,
                    Name = name,
                    Exclude = options.GetExcluded(parsed),
                    Encrypted = options.GetEncrypted(parsed),
                    Password = options.GetPassword(parsed),
                }
            )
        );
    }

    /// <summary>Attaches the source that a restore writes to, and returns the name of the new database.</summary>
    public static (CommandSource Source, string Name) ParseTarget(
        string text,
        SourceOptions options,
        RestoreOptions restore,
        ParseResult parsed
    )
    {
        var engine = EngineOf(text);
        var location = new SourceLocation { Location = text };
        if (engine.HasFiles)
        {
            options.RejectServerOptions(parsed, engine);
            restore.ReadFileRestore(parsed);
        }
        else
        {
            location = location with { Password = options.GetPassword(parsed), Restore = restore.ReadRoles(parsed, engine) };
        }
        var (config, name) = engine.BindTarget(location);
        return (Attach(engine, config), name);
    }

    /// <summary>Whether a text is the URL of a database server, rather than a path or the id of a database.</summary>
    public static bool IsServerUrl(string text) => Drivers.Engines.Any(e => !e.HasFiles && e.Accepts(text));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    // Any text that is not the URL of a server is a path.
    private static EngineFactory EngineOf(string location) =>
        Drivers.Engines.FirstOrDefault(e => !e.HasFiles && e.Accepts(location)) ?? Drivers.Engines.First(e => e.HasFiles);

    private static (string Name, string Place) SplitName(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && DatabaseId.IsSourceName(text[..equals])
            ? (text[..equals], text[(equals + 1)..])
            : (SourceConfig.DefaultName, text);
    }

    private static CommandSource Attach(EngineFactory factory, SourceConfig config)
    {
        var engine = factory.CreateEngine();
        return new(engine.Name, engine.Attach(config));
    }
}

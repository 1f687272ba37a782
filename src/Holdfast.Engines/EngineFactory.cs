using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines;

/// <summary>
/// One kind of engine: what it is, its settings, and how sources are created from them. Each kind has a project of its own and is
/// registered in the composition root; nothing else names it.
/// </summary>
public abstract class EngineFactory
{
    /// <summary>Describes the kind and its form to clients.</summary>
    public abstract EngineKind Description { get; }

    /// <summary>Its name in the configuration, the API and archives: <c>postgresql</c>.</summary>
    public string Kind => Description.Kind;

    /// <summary>Whether it makes snapshots.</summary>
    public bool CanSnapshot => Description.Features.CanSnapshot;

    /// <summary>Whether its databases are files: a path names one, and a restore creates one. Otherwise they belong to a server.</summary>
    public bool HasFiles => Description.Features.HasFiles;

    /// <summary>Creates the engine.</summary>
    public abstract IDatabaseEngine CreateEngine();

    /// <summary>
    /// Binds a source of the configuration file, and reports every error with its key. Does no I/O. The caller reads the settings that
    /// all sources have, and refuses keys that are not read.
    /// </summary>
    /// <returns>The source; null if an error was reported.</returns>
    public abstract SourceConfig? Bind(SettingsSection settings);

    /// <summary>
    /// Binds a source that is defined over the API, and reports every error with its key. Such a source may not name a file or program
    /// of this machine. Does no I/O.
    /// </summary>
    /// <param name="definition">The definition.</param>
    /// <param name="settings">
    /// <see cref="SourceDefinition.Settings"/>; errors of all members are reported here. The caller refuses keys that are not read.
    /// </param>
    /// <param name="secrets">Returns the passwords.</param>
    /// <returns>The source; null if an error was reported.</returns>
    public virtual SourceConfig? Bind(SourceDefinition definition, SettingsSection settings, SourceSecrets secrets)
    {
        settings.Report(
            "engine",
            $"A source of '{Kind}' cannot be defined over the API.",
            "Define it in holdfast.json: only the configuration may name files of this machine."
        );
        return null;
    }

    /// <summary>Whether the command line names a source of this engine with this text.</summary>
    public abstract bool Accepts(string location);

    /// <summary>Binds a source that the command line names. Does no I/O.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it cannot be used.</exception>
    public abstract SourceConfig Bind(SourceLocation location);

    /// <summary>Binds the target of a restore that the command line names: the source, and the name of the new database in it.</summary>
    /// <exception cref="HoldfastException">It cannot be used, or the database exists.</exception>
    public abstract (SourceConfig Source, string Database) BindTarget(SourceLocation location);
}

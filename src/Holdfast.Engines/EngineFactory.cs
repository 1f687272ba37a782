using Holdfast.Core.Errors;
using Holdfast.Core.Settings;

namespace Holdfast.Engines;

/// <summary>
/// One kind of engine: its name, its settings, and how its sources are made of them. It lives in the project of its
/// engine, and is registered where the program is composed; nothing else names the kind.
/// </summary>
public abstract class EngineFactory
{
    /// <summary>Its kind, in configuration, archives and API: <c>postgresql</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>How a source of it is shown and asked for. Without fields, only the configuration file defines one.</summary>
    public abstract FormDescription Form { get; }

    /// <summary>Whether it makes snapshots.</summary>
    public abstract bool CanSnapshot { get; }

    /// <summary>Whether its databases are files: a path names one, and a restore creates one. Else they are those of a server.</summary>
    public abstract bool HasFiles { get; }

    /// <summary>Makes the engine.</summary>
    public abstract IDatabaseEngine CreateEngine();

    /// <summary>
    /// Reads the settings of a source in the configuration file and reports every fault with its key. Does no I/O. The
    /// settings that all sources have are read by the caller, who also refuses keys that nobody read.
    /// </summary>
    /// <returns>The source; null where a fault was reported.</returns>
    public abstract SourceConfig? Bind(SettingsSection settings);

    /// <summary>
    /// Reads a source that was defined over the API: a database server, and nothing that names a file or a program of
    /// this machine. Does no I/O.
    /// </summary>
    /// <param name="definition">The definition.</param>
    /// <param name="secrets">Gives its passwords.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> where it cannot be used.</exception>
    public virtual SourceConfig Bind(SourceDefinition definition, SourceSecrets secrets) =>
        throw new HoldfastException(
            ErrorCatalogue.Usage,
            $"A source of '{Kind}' cannot be defined here.",
            "Define it in holdfast.json, which alone may name files of this machine."
        );

    /// <summary>Whether a text of the command line names a source of this engine.</summary>
    public abstract bool Accepts(string location);

    /// <summary>Reads a source that the command line names. Does no I/O.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Usage"/> where it cannot be used.</exception>
    public abstract SourceConfig Bind(SourceLocation location);

    /// <summary>Reads where a restore of the command line goes: the source, and the name of the new database in it.</summary>
    /// <exception cref="HoldfastException">It cannot be used, or the database exists.</exception>
    public abstract (SourceConfig Source, string Database) BindTarget(SourceLocation location);
}

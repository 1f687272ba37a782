using Holdfast.Archive.Items;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines;

/// <summary>One kind of database. <c>test/Holdfast.Engines.Contract</c> verifies its guarantees.</summary>
public interface IDatabaseEngine
{
    /// <summary>Its name in configuration and archives: <c>sqlite</c>, <c>postgresql</c>.</summary>
    string Name { get; }

    /// <summary>Attaches to a source. Does no I/O: an unavailable source fails at the first call.</summary>
    /// <exception cref="ArgumentException">The configuration is of another engine.</exception>
    IDatabaseSource Attach(SourceConfig config);

    /// <summary>Creates the check of a stream in one of its backups for anything that a restore would refuse.</summary>
    /// <param name="item">Name of the item.</param>
    /// <returns>Null, the default, if there is nothing to check.</returns>
    IStreamCheck? CreateStreamCheck(string item) => null;
}

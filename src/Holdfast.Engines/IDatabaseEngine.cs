using Holdfast.Archive.Items;

namespace Holdfast.Engines;

/// <summary>One kind of database. It proves its promises in <c>test/Holdfast.Engines.Contract</c>.</summary>
public interface IDatabaseEngine
{
    /// <summary>Its name in configuration and archives: <c>sqlite</c>, <c>postgresql</c>.</summary>
    string Name { get; }

    /// <summary>Attaches to a source. Does no I/O; a source that is down shows at the first call.</summary>
    /// <exception cref="ArgumentException">The configuration is of another engine.</exception>
    IDatabaseSource Attach(SourceConfig config);

    /// <summary>Begins to look at a stream of one of its backups for what a restore would refuse.</summary>
    /// <param name="item">Name of the item.</param>
    /// <returns>Null, the default, where there is nothing to look for.</returns>
    IStreamCheck? CreateStreamCheck(string item) => null;
}

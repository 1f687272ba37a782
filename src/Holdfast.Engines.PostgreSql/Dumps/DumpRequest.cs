using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>A database to dump.</summary>
/// <param name="Server">The server.</param>
/// <param name="Database">Name of the database.</param>
/// <param name="Encoding">Its encoding: nothing is converted, whatever its owner has configured.</param>
/// <param name="ExpectedBytes">Estimated length of the dump in bytes.</param>
/// <param name="LockWait">How long the dump waits for the lock of a table; more than 0.</param>
internal sealed record DumpRequest(Server Server, string Database, string Encoding, long ExpectedBytes, TimeSpan LockWait);

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>An object that <c>pg_restore</c> could not restore.</summary>
/// <param name="Text">The object, the server's message and the statement, for people.</param>
/// <param name="IsAttachPartition">Whether the statement attaches a partition, which has to be repaired first.</param>
internal sealed record FailedObject(string Text, bool IsAttachPartition);

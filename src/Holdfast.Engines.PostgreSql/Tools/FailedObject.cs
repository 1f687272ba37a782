namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>An object that <c>pg_restore</c> could not make.</summary>
/// <param name="Text">What it is, the server's words, and its statement, for people.</param>
/// <param name="IsAttachPartition">Whether it is a partition that was not attached: all that is wrong with it has to be mended before.</param>
internal sealed record FailedObject(string Text, bool IsAttachPartition);

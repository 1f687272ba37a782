namespace Holdfast.State;

/// <summary>One key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="CreateRevision">Revision of the transaction that created it.</param>
/// <param name="ModRevision">Revision of the transaction that last changed it.</param>
public sealed record StateEntry(string Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision);

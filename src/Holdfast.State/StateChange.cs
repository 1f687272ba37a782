namespace Holdfast.State;

/// <summary>Puts a value, or deletes a key.</summary>
/// <param name="Key">The key, 1 to <see cref="StateLimits.KeyBytes"/> bytes.</param>
/// <param name="Value">The value; null to delete. Deleting a missing key is not an error.</param>
/// <param name="Lease">The lease of the entry; 0 for none.</param>
public sealed record StateChange(string Key, ReadOnlyMemory<byte>? Value, long Lease = 0);

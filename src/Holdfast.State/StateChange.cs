namespace Holdfast.State;

/// <summary>Puts a value, or deletes a key.</summary>
/// <param name="Key">The key, 1 to <see cref="StateLimits.KeyBytes"/> bytes.</param>
/// <param name="Value">The value; null deletes, which is no error where nothing is.</param>
/// <param name="Lease">The lease that the entry ends with; 0 for none.</param>
public sealed record StateChange(string Key, ReadOnlyMemory<byte>? Value, long Lease = 0);

namespace Holdfast.State;

/// <summary>etcd's default limits, which every store keeps.</summary>
public static class StateLimits
{
    /// <summary>Most conditions, and most changes, of one transaction.</summary>
    public const int OperationsPerTransaction = 128;

    /// <summary>Largest value, in bytes.</summary>
    public const int ValueBytes = 3 << 19;

    /// <summary>Longest key, in bytes of UTF-8.</summary>
    public const int KeyBytes = 4096;
}

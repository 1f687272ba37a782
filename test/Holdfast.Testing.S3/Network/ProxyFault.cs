namespace Holdfast.Testing.S3.Network;

/// <summary>What goes wrong with a connection.</summary>
public sealed record ProxyFault
{
    /// <summary>Number of bytes of the client that pass; null for all.</summary>
    public long? RequestBytes { get; init; }

    /// <summary>Number of bytes of the server that pass; null for all.</summary>
    public long? AnswerBytes { get; init; }

    /// <summary>Whether nothing passes after these bytes, while the connection stays open; else it is closed.</summary>
    public bool Stalls { get; init; }

    /// <summary>Bytes of the client that pass in a second; null for no limit.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Whether the server's "100 Continue" is swallowed.</summary>
    public bool DropsContinue { get; init; }
}

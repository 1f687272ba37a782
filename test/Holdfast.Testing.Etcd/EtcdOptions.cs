namespace Holdfast.Testing.Etcd;

/// <summary>How a test cluster of etcd is set up.</summary>
public sealed record EtcdOptions
{
    /// <summary>Number of members.</summary>
    public int Members { get; init; } = 1;

    /// <summary>Whether clients need TLS and a certificate; the files are in the folder of the cluster.</summary>
    public bool Tls { get; init; }

    /// <summary>Further arguments of each member.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

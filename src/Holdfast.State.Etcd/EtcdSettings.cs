namespace Holdfast.State.Etcd;

/// <summary>How a node reaches the etcd cluster that holds the state. Files are read again when they change.</summary>
public sealed record EtcdSettings
{
    /// <summary>Name of the Holdfast cluster. Its keys begin with <c>/holdfast/NAME/</c>: several can share an etcd.</summary>
    public required string Name { get; init; }

    /// <summary>Addresses of the members, all <c>http</c> or all <c>https</c>; at least one.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>PEM file with the certificate authorities of the members; null for those of the system.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with the certificate of this node, for etcd; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with its private key; required with <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>User of etcd's authentication; null for none.</summary>
    public string? User { get; init; }

    /// <summary>File that contains the password; required with <see cref="User"/>.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Time limit of a call, including attempts at other members. At least 1 second; default 5 seconds.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

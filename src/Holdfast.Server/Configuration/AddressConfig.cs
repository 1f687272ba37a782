namespace Holdfast.Server.Configuration;

/// <summary>An address that the server calls.</summary>
public sealed record AddressConfig
{
    /// <summary>
    /// An <c>http</c> or <c>https</c> address; see <see cref="Outgoing.OutgoingAddressPolicy"/> for what is refused. It may
    /// hold a secret: it is never logged.
    /// </summary>
    public required string Url { get; init; }
}

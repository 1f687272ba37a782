using Holdfast.Destinations.Network;

namespace Holdfast.Server.Configuration;

/// <summary>An address that the server calls.</summary>
public sealed record AddressConfig
{
    /// <summary>
    /// An <c>http</c> or <c>https</c> address; <see cref="OutgoingAddressPolicy"/> lists the addresses that
    /// are refused. It can contain a secret, so it is never logged.
    /// </summary>
    public required string Url { get; init; }
}

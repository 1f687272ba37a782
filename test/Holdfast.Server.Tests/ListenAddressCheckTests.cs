using System.Net;
using System.Net.Sockets;
using Holdfast.Core.Errors;
using Holdfast.Server.Configuration;
using Holdfast.Server.Hosting;

namespace Holdfast.Server.Tests;

/// <summary>A listen address that is not available is an error of the configuration, reported with the address.</summary>
public sealed class ListenAddressCheckTests
{
    [Fact]
    public void A_port_used_by_another_program_is_reported()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var listen = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";
        var failure = Assert.Throws<HoldfastException>(() => ListenAddressCheck.EnsureAvailable(new() { Listen = listen }));
        Assert.Equal(
            (ErrorCatalog.Usage, $"The server cannot listen at {listen}: another program already listens there."),
            (failure.Error, failure.Message)
        );
        other.Stop();
        ListenAddressCheck.EnsureAvailable(new() { Listen = listen });
        ListenAddressCheck.EnsureAvailable(new() { Listen = listen }); // the check has released it
    }

    [Fact]
    public void An_address_of_another_machine_is_reported()
    {
        var failure = Assert.Throws<HoldfastException>(() =>
            ListenAddressCheck.EnsureAvailable(new() { Listen = "https://192.0.2.1:8420" })
        );
        Assert.Equal("The server cannot listen at https://192.0.2.1:8420: this machine does not have this address.", failure.Message);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "CAP_NET_BIND_SERVICE")]
    [InlineData(SocketError.AddressAlreadyInUse, "HOLDFAST_LISTEN")]
    public void A_failed_start_is_explained_in_the_same_way(SocketError error, string hint)
    {
        var failure = ListenAddressCheck.Explain(
            new() { Listen = "http://127.0.0.1:80" },
            new IOException("Failed to bind", new SocketException((int)error))
        );
        Assert.Equal(ErrorCatalog.Usage, failure!.Error);
        Assert.Contains(hint, failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_failures_of_a_start_are_not_attributed_to_the_address()
    {
        var config = new ServerConfig();
        Assert.Null(ListenAddressCheck.Explain(config, new IOException("disk")));
        Assert.Null(ListenAddressCheck.Explain(config, new SocketException((int)SocketError.ConnectionRefused)));
    }
}

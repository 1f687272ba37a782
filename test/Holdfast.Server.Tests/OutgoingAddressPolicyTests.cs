using System.Net;
using Holdfast.Core.Errors;
using Holdfast.Destinations.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests;

public sealed class OutgoingAddressPolicyTests
{
    [Theory]
    [InlineData("https://hooks.example/x?key=y")]
    [InlineData("http://127.0.0.1:9093/api")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://[fd00::1]/")]
    public void Public_and_private_addresses_are_allowed(string url) =>
        Assert.Equal(url, OutgoingAddressPolicy.Validate(url).OriginalString);

    [Theory]
    [InlineData("ftp://host/secret")]
    [InlineData("file:///etc/passwd?secret")]
    [InlineData("secret")]
    [InlineData("http://169.254.169.254/secret")]
    [InlineData("http://2852039166/secret")]
    [InlineData("http://0xa9.0xfe.0xa9.0xfe/secret")]
    [InlineData("http://[fe80::1]/secret")]
    [InlineData("http://[fd00:ec2::254]/secret")]
    [InlineData("http://[::ffff:169.254.169.254]/secret")]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/secret")]
    [InlineData("http://metadata.google.internal/secret")]
    [InlineData("http://METADATA.google.internal./secret")]
    [InlineData("http://100.100.100.200/secret")]
    [InlineData("http://0.0.0.0/secret")]
    public void Link_local_and_metadata_addresses_are_rejected_in_any_notation_and_not_repeated(string url)
    {
        var failure = Assert.Throws<HoldfastException>(() => OutgoingAddressPolicy.Validate(url));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_of_the_connection_is_checked_and_redirects_are_not_followed()
    {
        await using var server = await TestServer.StartAsync(map: app =>
            app.MapGet("/redirect", () => Results.Redirect("http://169.254.169.254/")).AllowAnonymous()
        );
        using var client = new HttpClient(OutgoingAddressPolicy.CreateHandler());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(server.Address, "/healthz"))).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await client.GetAsync(new Uri(server.Address, "/redirect"))).StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetAsync("http://169.254.169.254/"));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => client.GetAsync("http://0.0.0.0:1/"));
        Assert.IsType<HoldfastException>(refused.InnerException ?? refused);
    }
}

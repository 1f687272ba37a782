using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tests;

public sealed class PostgreSqlUrlTests
{
    [Fact]
    public void A_complete_url_is_parsed()
    {
        var url = PostgreSqlUrl.Parse(
            "postgresql://back%20up@db1:6000,db2/new%2Fname?sslmode=verify-full&sslrootcert=/etc/ca.pem&passfile=/run/pass",
            "shop"
        );
        Assert.Equal([new("db1", 6000), new PostgreSqlHost("db2", 5432)], url.Config.Hosts);
        Assert.Equal(("shop", "back up", "new/name"), (url.Config.Name, url.Config.User, url.Database));
        Assert.Equal(
            (PostgreSqlTls.VerifyFull, "/etc/ca.pem", "/run/pass"),
            (url.Config.Tls, url.Config.RootCertificate, url.Config.PassFile)
        );
    }

    [Theory]
    [InlineData("postgresql://u@a,b:7000", "a:7000 b:7000")] // a port after the last host only applies to all hosts
    [InlineData("postgresql://u@a:1,b,c:3", "a:1 b:5432 c:3")]
    [InlineData("postgres://u@[::1]:5433", "[::1]:5433")]
    [InlineData("postgresql://u@[::1]", "[::1]:5432")]
    [InlineData("postgresql://u@%2Frun%2Fpostgresql:5433", "/run/postgresql:5433")]
    [InlineData("postgresql://u@/?host=/run/postgresql&port=9", "/run/postgresql:9")]
    [InlineData("postgresql://u@/?port=9&host=/run/postgresql,b", "/run/postgresql:9 b:9")]
    public void Hosts_and_ports_are_parsed(string text, string hosts) =>
        Assert.Equal(hosts, string.Join(' ', PostgreSqlUrl.Parse(text).Config.Hosts));

    [Theory]
    [InlineData("postgresql://u:hunter2@db")]
    [InlineData("postgresql://u:hun@ter2@db")]
    [InlineData("postgresql://u:/hunter2@db")]
    [InlineData("postgresql://u:1/hunter2@db")]
    [InlineData("postgresql://u:?hunter2@db")]
    [InlineData("postgresql://u:#hunter2@db")]
    [InlineData("postgresql://u@db?password=hunter2")]
    public void A_password_in_a_url_is_rejected_and_not_repeated(string text)
    {
        var failure = Assert.Throws<HoldfastException>(() => PostgreSqlUrl.Parse(text));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Assert.DoesNotContain("ter2", failure.Message + failure.Hint, StringComparison.Ordinal);
        Assert.NotNull(failure.Hint);
    }

    [Theory]
    [InlineData("mysql://u@db")]
    [InlineData("postgresql://")]
    [InlineData("postgresql://u@")]
    [InlineData("postgresql://u@a,,b")]
    [InlineData("postgresql://u@a%2C%2Frun%2Fpostgresql")]
    [InlineData("postgresql://u@db:0")]
    [InlineData("postgresql://u@db:65536")]
    [InlineData("postgresql://u@[::1")]
    [InlineData("postgresql://u@[::1]x")]
    [InlineData("postgresql://u@db?sslmode=sometimes")]
    [InlineData("postgresql://u@db?what=1")]
    [InlineData("postgresql://u@db/a%00b")]
    public void Anything_else_is_rejected_with_a_hint(string text)
    {
        var failure = Assert.Throws<HoldfastException>(() => PostgreSqlUrl.Parse(text));
        Assert.Equal(ErrorCatalog.Usage, failure.Error);
        Assert.NotNull(failure.Hint);
    }
}

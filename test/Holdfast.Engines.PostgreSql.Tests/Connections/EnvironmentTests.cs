using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tests.Servers;

namespace Holdfast.Engines.PostgreSql.Tests.Connections;

/// <summary>
/// Passwords in the environment of the user that runs Holdfast apply to both kinds of connections, or to neither.
/// </summary>
public sealed class EnvironmentTests(Cluster cluster) : ServerTest(cluster)
{
    private PostgreSqlSourceConfig WithoutPassword => Cluster.Source() with { Password = null };

    public override async ValueTask InitializeAsync() => await Cluster.CreateAsync("db");

    public override ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable("PGPASSFILE", null);
        Environment.SetEnvironmentVariable("PGPASSWORD", null);
        return base.DisposeAsync();
    }

    [Fact]
    public async Task The_users_pass_file_is_used_for_dump_and_restore()
    {
        Environment.SetEnvironmentVariable("PGPASSFILE", Cluster.PassFile);
        var (items, fingerprint) = await BackUpAsync("db", WithoutPassword);
        await RestoreAsync(WithoutPassword, "copy", items, fingerprint);
    }

    [Fact]
    public async Task The_password_in_the_environment_is_used_for_dump_and_restore()
    {
        Environment.SetEnvironmentVariable("PGPASSWORD", Cluster.Password);
        var (items, fingerprint) = await BackUpAsync("db", WithoutPassword);
        await RestoreAsync(WithoutPassword, "copy", items, fingerprint);
    }

    [Fact]
    public async Task A_source_that_ignores_the_environment_uses_its_own_password()
    {
        Environment.SetEnvironmentVariable("PGPASSWORD", "another");
        var config = Cluster.Source() with { UsesEnvironment = false, PassFile = "/dev/null" };
        var (items, fingerprint) = await BackUpAsync("db", config);
        await RestoreAsync(config, "copy", items, fingerprint);
    }

    [Fact]
    public async Task An_address_given_by_another_user_receives_neither()
    {
        Environment.SetEnvironmentVariable("PGPASSFILE", Cluster.PassFile);
        Environment.SetEnvironmentVariable("PGPASSWORD", Cluster.Password);
        await using var source = Attach(
            WithoutPassword with
            {
                Password = _ => new((string?)null),
                UsesEnvironment = false,
                PassFile = "/dev/null",
            }
        );
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => DiscoverAsync(source));
        Assert.Equal(ErrorCatalog.SourceUnreadable, failure.Error);
        Assert.Contains("password", failure.Message, StringComparison.Ordinal);
    }
}

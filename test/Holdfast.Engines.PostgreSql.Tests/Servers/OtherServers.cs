namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>
/// Servers of the versions that Debian does not have, which <c>eng/postgresql-servers.sh</c> puts into
/// <c>out/postgresql</c>. They bring no <c>pg_dump</c>.
/// </summary>
internal static class OtherServers
{
    /// <summary>Starts one; the test is skipped where it is not there.</summary>
    public static async Task<Cluster> StartAsync(int major)
    {
        var binaries = Path.Combine(RepositoryRoot.Folder, "out", "postgresql", $"{major}", "bin");
        Assert.SkipUnless(
            File.Exists(Path.Combine(binaries, "postgres")),
            $"there is no PostgreSQL {major} here: eng/postgresql-servers.sh fetches it"
        );
        var mayRun = await Record.ExceptionAsync(() => Postmaster.RunAsync(Path.Combine(binaries, "postgres"), "--version"));
        Assert.SkipUnless(mayRun is null, $"the user postgres cannot run {binaries}/postgres: {mayRun?.Message}");
        var cluster = new Cluster { Binaries = binaries };
        await cluster.InitializeAsync();
        return cluster;
    }
}

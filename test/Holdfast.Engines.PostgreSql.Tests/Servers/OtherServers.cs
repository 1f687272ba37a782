namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>
/// Servers of versions that Debian does not have, installed by <c>eng/postgresql-servers.sh</c> in
/// <c>out/postgresql</c>. They include no <c>pg_dump</c>.
/// </summary>
internal static class OtherServers
{
    /// <summary>Starts a server; the test is skipped if it is not installed.</summary>
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

using System.Diagnostics;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>
/// The statements that a restore lists as left out, executed by <c>psql</c> one after the other, continuing after
/// errors.
/// </summary>
public static class Listed
{
    private const string Sql = " Its SQL: ";

    /// <summary>The statements of omitted objects, in order.</summary>
    public static IEnumerable<string> In(IEnumerable<string> warnings) =>
        warnings
            .Where(w => w.Contains(Sql, StringComparison.Ordinal))
            .Select(w => w[(w.IndexOf(Sql, StringComparison.Ordinal) + Sql.Length)..]);

    /// <summary>
    /// Executes all with the <c>search_path</c> that they need; none fails. Attaching a table creates its indexes too.
    /// </summary>
    public static async Task MendAsync(Cluster server, IReadOnlyList<string> warnings, string user)
    {
        foreach (var statement in In(warnings))
        {
            var said = await RunAsync(server, statement, user);
            if (statement.StartsWith("CREATE INDEX", StringComparison.Ordinal) && said.Contains("already exists", StringComparison.Ordinal))
            {
                continue;
            }
            Assert.True(said.Length == 0, $"{said}: {statement}\nof\n{string.Join('\n', warnings)}");
        }
    }

    /// <summary>Executes all without the <c>search_path</c> that they need.</summary>
    public static async Task FailAsync(Cluster server, IReadOnlyList<string> warnings, string user)
    {
        foreach (var statement in In(warnings))
        {
            await RunAsync(server, statement, user, "-c search_path=");
        }
    }

    private static async Task<string> RunAsync(Cluster server, string sql, string user, string options = "")
    {
        var start = new ProcessStartInfo(
            Path.Combine(Postmaster.Binaries, "psql"),
            ["-X", "-q", "-h", "127.0.0.1", "-p", $"{server.Port}", "-U", user, "-d", "copy"]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["PGPASSWORD"], start.Environment["PGOPTIONS"]) = (Cluster.Password, $"{options} -c client_min_messages=error");
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(sql + ";\n");
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (await said)[1];
    }
}

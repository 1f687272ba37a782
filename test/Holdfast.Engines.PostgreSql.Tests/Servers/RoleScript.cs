using System.Diagnostics;

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>The script that creates the roles for Holdfast, and each privilege that it grants or names in a comment.</summary>
internal static class RoleScript
{
    private static readonly string Path = System.IO.Path.Combine(RepositoryRoot.Folder, "eng", "postgresql-role.sql");

    /// <summary>Runs it, and gives the two login roles the tests' password.</summary>
    public static async Task RunAsync(Cluster cluster, string role, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-v",
            $"role={role}",
            "-f",
            Path,
            "-h",
            "127.0.0.1",
            "-p",
            $"{cluster.Port}",
            "-U",
            Cluster.Superuser,
            "-d",
            "postgres",
        ];
        var start = new ProcessStartInfo(System.IO.Path.Combine(Postmaster.Binaries, "psql"), arguments) { RedirectStandardError = true };
        start.Environment["PGPASSFILE"] = cluster.PassFile;
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, said);
        var password = Cluster.Password.Replace("'", "''", StringComparison.Ordinal);
        await cluster.RunAsync("postgres", $"ALTER ROLE {role} PASSWORD '{password}'; ALTER ROLE {role}_restore PASSWORD '{password}'");
    }

    /// <summary>
    /// The privileges in it, one per line. An unknown kind of line throws, because it has to be tested as well.
    /// </summary>
    /// <param name="role">The role that it is run for.</param>
    /// <param name="database">The database of the grants in comments.</param>
    public static IReadOnlyList<Right> Rights(string role, string database) =>
        [.. File.ReadLines(Path).SelectMany(line => RightsOf(line, role, database))];

    private static IEnumerable<Right> RightsOf(string line, string role, string database)
    {
        if (line.StartsWith("--   ", StringComparison.Ordinal))
        {
            line = line[5..];
        }
        if (line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal) || line.StartsWith('\\'))
        {
            return [];
        }
        var sql = line.Split(';')[0]
            .Replace(":\"role\"", role, StringComparison.Ordinal)
            .Replace(":\"restore\"", $"{role}_restore", StringComparison.Ordinal)
            .Replace(":\"owner\"", $"{role}_restore_owner", StringComparison.Ordinal)
            .Replace(" holdfast", $" {role}", StringComparison.Ordinal)
            .Replace("DATABASE name", $"DATABASE {database}", StringComparison.Ordinal);
        string[] words = [.. sql.Split(' ', ',').Where(w => w.Length > 0)];
        return words switch
        {
            ["CREATE", "ROLE", _, "NOLOGIN"] => [],
            ["CREATE", "ROLE", var name, .. var may] =>
            [
                .. may.Select(m => new Right($"ALTER ROLE {name} {m}", $"ALTER ROLE {name} NO{m}")),
            ],
            ["GRANT", var what, "ON", "DATABASE", var on, "TO", var to] => [new(sql, $"REVOKE {what} ON DATABASE {on} FROM {to}")],
            ["GRANT", .. var groups, "TO", var to] => [.. groups.Select(g => new Right($"GRANT {g} TO {to}", $"REVOKE {g} FROM {to}"))],
            ["ALTER", "ROLE", var name, "SET", var setting, "=", _] => [new(sql, $"ALTER ROLE {name} RESET {setting}")],
            _ => throw new InvalidOperationException($"A line of {Path} that this test does not try: {line}"),
        };
    }

    /// <summary>A privilege.</summary>
    /// <param name="Give">The statement that grants it.</param>
    /// <param name="Take">The statement that revokes it.</param>
    internal sealed record Right(string Give, string Take);
}

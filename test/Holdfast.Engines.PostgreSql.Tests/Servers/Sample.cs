namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>The SQL of databases with one of everything, for any server version.</summary>
internal static class Sample
{
    // Features that they use, with the first version that supports them.
    private static readonly (int Since, string Text, string Before)[] Newer =
    [
        (15, " NULLS NOT DISTINCT", ""),
        (15, "TABLE kinds (id), parent", "TABLE kinds, parent"),
        (14, ", ALTER t SET COMPRESSION pglz", ""),
        (14, " mr int4multirange,", ""),
        (14, " mr,", ""),
        (14, " '{[1,3),[5,8)}',", ""),
    ];

    /// <summary>Reads a sample in the form that this version accepts.</summary>
    public static async Task<string> ReadAsync(string file, int major, CancellationToken cancellationToken)
    {
        var sql = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Samples", file), cancellationToken);
        return Newer.Where(n => major < n.Since).Aggregate(sql, (text, n) => text.Replace(n.Text, n.Before, StringComparison.Ordinal));
    }
}

using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Tests.Dumps;

/// <summary>The memory cost of a large row is reported, with its table, before a restore needs it.</summary>
public sealed class LargeRowTests(Cluster cluster) : ServerTest(cluster)
{
    [Fact]
    public async Task A_backup_reports_the_table_with_a_large_row_and_its_memory_cost()
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync(
            "shop",
            """
            CREATE TABLE files(id int, b bytea); INSERT INTO files SELECT 1, convert_to(repeat('x', 36 << 20), 'UTF8');
            CREATE TABLE small AS SELECT repeat('x', 5 << 20);
            """
        );
        await using var source = Attach(Cluster.Source(Cluster.Superuser));
        await using var view = await source.OpenViewAsync(
            (await DiscoverAsync(source)).Single(),
            new(Core.Tasks.BackupType.Backup, null),
            Token
        );
        await view.WriteAsync(new Contract.MemoryItems(), Token);
        var warning = Assert.Single(view.Warnings, w => w.Contains("as text", StringComparison.Ordinal));
        Assert.Matches("^The largest row of public.files has 7[12] MiB as text. It needs about 14[24] MiB of memory in pg_dump, ", warning);
    }

    [Fact]
    public void The_largest_rows_come_first_and_further_tables_are_counted()
    {
        var warnings = LargeRowWarnings.Create(Enumerable.Range(0, 9).Select(i => Of($"t{i}", 62 + i))).ToList();
        Assert.StartsWith("… and 2 more tables", warnings[^1], StringComparison.Ordinal);
        Assert.Equal(["s.t8", "s.t7", "s.t6", "s.t5", "s.t4"], warnings[..^1].Select(t => t.Split(' ')[4]));
        Assert.Contains("200 MiB", LargeRowWarnings.Create([Of("t", 100)]).Single(), StringComparison.Ordinal);
        Assert.Empty(LargeRowWarnings.Create([Of("t", 63)]));
    }

    // PostgreSQL's messages for a bytea of 600 MB, and for columns of more than 1 GiB in total.
    [Theory]
    [InlineData("invalid memory alloc request size 1200000003")]
    [InlineData("out of memory\nDETAIL:  Cannot enlarge string buffer containing 1073676288 bytes by 65536 more bytes.")]
    public void A_row_too_large_for_a_dump_is_an_error_that_names_its_table_and_the_remedy(string said)
    {
        var errors = $"""
            pg_dump: error: Dumping the contents of table "Big One" failed: PQgetResult() failed.
            pg_dump: detail: Error message from server: ERROR:  {said}
            pg_dump: detail: Command was: COPY public."Big One" (id, b) TO stdout;
            """;
        var failure = ToolErrorTranslator.Translate(new(Tool.Dump, "/x", new(15, 14)), "shop", errors, ErrorCatalog.SourceUnreadable);
        Assert.Contains("table \"Big One\"", failure.Message, StringComparison.Ordinal);
        Assert.Contains("1 GiB or more as text", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_killed_by_the_kernel_is_reported_with_the_remedy()
    {
        await using var child = ToolProcess.Start("/bin/sh", ["-c", "kill -9 $$"], null);
        var (_, errors) = await child.WaitForExitAsync(Token);
        var failure = ToolErrorTranslator.Translate(new(Tool.Dump, "/x", new(15, 14)), "shop", errors, ErrorCatalog.SourceUnreadable);
        Assert.Contains("it was killed by signal 9", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Memory ran out", failure.Hint, StringComparison.Ordinal);
    }

    private static TocEntry Of(string table, int megabytes) =>
        new(1, TocEntry.TableData, "s", table, null, true) { LargestRow = (long)megabytes << 20 };
}

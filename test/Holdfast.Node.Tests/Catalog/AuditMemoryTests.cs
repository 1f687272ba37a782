using System.Globalization;
using System.Runtime.CompilerServices;
using Holdfast.Core.Databases;
using Holdfast.Destinations;
using Holdfast.Node.Catalog;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>The daily audit of a destination with many archives.</summary>
public sealed class AuditMemoryTests : BackedUpNode
{
    private const int ArchivesOfEach = 30;

    // More to measure: HOLDFAST_AUDIT_DATABASES=10000.
    private static readonly int Databases = int.Parse(
        Environment.GetEnvironmentVariable("HOLDFAST_AUDIT_DATABASES") ?? "300",
        CultureInfo.InvariantCulture
    );

    [Fact]
    public async System.Threading.Tasks.Task It_keeps_one_folder_in_memory_at_a_time()
    {
        await CoverAsync("disk");
        for (var i = 0; i < Databases; i++)
        {
            await RecordAsync(i);
        }
        await using var opened = await Node.Destinations.OpenAsync("disk", Token);
        await using var many = new ManyFiles(opened);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (highest, folders) = (before, 0);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var (different, foreign) = await Node.Comparison.RunAsync(
            new("disk", opened.Identity),
            many,
            () =>
            {
                if (folders++ % Math.Max(1, Databases / 20) == 0)
                {
                    highest = Math.Max(highest, GC.GetTotalMemory(forceFullCollection: true));
                }
            },
            Token
        );
        var text =
            $"{Databases} databases: {(highest - before) / 1024.0 / 1024:0.0} MiB more, "
            + $"{System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s";
        TestContext.Current.SendDiagnosticMessage(text);
        Assert.Equal((Databases, 0, Databases), (folders, different.Count, many.Written));
        Assert.Null(foreign);
        // The names of all databases, and what is known of one of them: less than 512 bytes for each.
        Assert.True(highest - before < (2 << 20) + (512L * Databases), text);
        if (Databases > 1000)
        {
            Console.WriteLine(text);
        }
    }

    private static string ChainOf(int database) =>
        string.Create(CultureInfo.InvariantCulture, $"fake/db{database:00000}/2026-11-01-02-00-00.A-snapshot-0123456789");

    private static IEnumerable<string> Names =>
        Enumerable
            .Range(1, ArchivesOfEach)
            .Select(day =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"2026-11-{day:00}-02-00-00.{(day == 1 ? "snapshot" : "incremental-backup")}.tar.zst"
                )
            );

    private System.Threading.Tasks.Task RecordAsync(int database) =>
        Node.Catalog.RecordFindingsAsync(
            new DatabaseId("fake", string.Create(CultureInfo.InvariantCulture, $"db{database:00000}")),
            "0123456789",
            [
                .. Names.Select(
                    (name, i) =>
                        new CopyFinding
                        {
                            Chain = ChainOf(database),
                            Name = name,
                            Destination = "disk",
                            State = CopyState.Whole,
                            At = Time.GetUtcNow(),
                            Archive = new()
                            {
                                Name = name,
                                Length = 1000 + i,
                                Id = string.Create(CultureInfo.InvariantCulture, $"{database:x16}{i:x16}"),
                                Chain = new('c', 32),
                                Sha256 = Convert.ToBase64String(new byte[32]),
                                ManifestSha256 = Convert.ToBase64String(new byte[32]),
                                IndexLength = 10,
                                IndexSha256 = Convert.ToBase64String(new byte[32]),
                            },
                        }
                ),
            ]
        );

    // A destination that has what is recorded, made up while it is listed.
    private sealed class ManyFiles(IDestination inner) : DelegatingDestination(inner)
    {
        public int Written { get; private set; }

        public override async IAsyncEnumerable<DestinationEntry> ListTreeAsync(
            string folder,
            [EnumeratorCancellation] CancellationToken cancellationToken
        )
        {
            await System.Threading.Tasks.Task.CompletedTask;
            for (var database = 0; database < Databases; database++)
            {
                foreach (var (name, i) in Names.Select((name, i) => (name, i)))
                {
                    yield return new($"{ChainOf(database)}/{name}", false, 1000 + i);
                    var index = name.Replace(".tar.zst", ".index", StringComparison.Ordinal);
                    yield return new($"{ChainOf(database)}/{index}", false, 10);
                }
            }
        }

        public override Task<string?> ReplaceAsync(
            string path,
            ReadOnlyMemory<byte> content,
            string? expected,
            CancellationToken cancellationToken
        )
        {
            Written++;
            return System.Threading.Tasks.Task.FromResult<string?>(null);
        }

        protected override ValueTask CloseAsync() => ValueTask.CompletedTask;
    }
}

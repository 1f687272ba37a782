#:project ../src/Holdfast.Destinations.S3/Holdfast.Destinations.S3.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=true
#:property NoWarn=$(NoWarn);CS1591

// Measures the S3 driver against bench/s3server.cs, beside a copy of a local file: MB/s, and the client's CPU.
// Usage: dotnet run bench/s3driver.cs -c Release ENDPOINT [MIB] [SMALL]     default: 2048 MiB, 2,000 small files
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Destinations;
using Holdfast.Destinations.S3;

var mib = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2048;
var small = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2000;
var chunk = new byte[1 << 20];
new Random(1).NextBytes(chunk);

var definition = JsonSerializer.SerializeToElement(
    new Dictionary<string, string>
    {
        ["bucket"] = "backups",
        ["prefix"] = "bench",
        ["endpoint"] = args[0],
        ["accessKey"] = "AKTEST0000001",
    }
);
var settings = new SettingsSection(new SettingsContext(), "", definition);
var secrets = DestinationSecrets.From(new Dictionary<string, string> { ["secretKey"] = "stub-secret-0001" });
var root = new S3DestinationFactory(new()).Bind(settings, secrets)!;
await using var destination = await root.OpenAsync(await root.InitializeAsync(default), default);

var file = Path.GetTempFileName();
await MeasureAsync($"write and flush a local file of {mib} MiB", mib, async () =>
{
    await using var local = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 0);
    for (var i = 0; i < mib; i++)
    {
        await local.WriteAsync(chunk);
    }
    local.Flush(flushToDisk: true);
});
await MeasureAsync("read it", mib, async () =>
{
    await using var local = File.OpenRead(file);
    await local.CopyToAsync(Stream.Null, 1 << 20);
});
File.Delete(file);
await MeasureAsync($"upload {mib} MiB", mib, async () =>
{
    await using var upload = await destination.BeginUploadAsync("large", new UploadHint((long)mib << 20), default);
    for (var i = 0; i < mib; i++)
    {
        await upload.WriteAsync(chunk, default);
    }
    await destination.PublishAsync([upload], default);
});
await MeasureAsync("download it", mib, async () =>
{
    await using var source = await destination.OpenAsync("large", default);
    await using var stream = await source.OpenReadAsync(0, source.Length, default);
    await stream.CopyToAsync(Stream.Null, 1 << 20);
});
var requests = destination.Requests!;
var elapsed = await MeasureAsync($"upload {small} files of 10 KB, 8 at once", small * 10_000.0 / (1 << 20), () =>
    Parallel.ForEachAsync(Enumerable.Range(0, small), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
    {
        await using var upload = await destination.BeginUploadAsync($"small/{i}", UploadHint.Claim, token);
        await upload.WriteAsync(chunk.AsMemory(0, 10_000), token);
        await destination.PublishAsync([upload], token);
    })
);
var sent = destination.Requests!.Since(requests);
var count = sent.Puts + sent.Gets + sent.Lists;
Console.WriteLine($"{count} requests, {elapsed.TotalMilliseconds / count:0.00} ms of CPU each");

static async Task<TimeSpan> MeasureAsync(string what, double mib, Func<Task> action)
{
    var process = Process.GetCurrentProcess();
    var cpu = process.TotalProcessorTime;
    var allocated = GC.GetTotalAllocatedBytes();
    var watch = Stopwatch.StartNew();
    await action();
    process.Refresh();
    var used = process.TotalProcessorTime - cpu;
    Console.WriteLine(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {watch.Elapsed.TotalSeconds:0.0} s, {mib / watch.Elapsed.TotalSeconds:0} MiB/s, CPU {used.TotalSeconds:0.0} s, "
                + $"{(GC.GetTotalAllocatedBytes() - allocated) >> 20} MiB allocated, {process.WorkingSet64 >> 20} MiB resident"
        )
    );
    return used;
}

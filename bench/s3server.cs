#:project ../test/Holdfast.Testing.S3/Holdfast.Testing.S3.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=true
#:property NoWarn=$(NoWarn);CS1591

// An S3 server in memory for measurements: prints its address, and ends with its standard input. For each line of that, it prints as
// JSON how many requests of which kind came since the last line; "clear" also removes all objects.
// It hashes nothing: the ETag of an object repeats the Content-MD5 of its request, so that the server takes little of the processor that it
// shares with the client. The client computes and compares its hashes as at any other store.
// Usage: dotnet run bench/s3server.cs -c Release [MILLISECONDS]     time added to each answer (default: 0)
using System.Globalization;
using Holdfast.Testing.S3;

var latency = args.Length == 0 ? 0 : int.Parse(args[0], CultureInfo.InvariantCulture);
await using var server = await S3Stub.StartAsync(
    new S3StubOptions
    {
        HashesContent = false,
        ChecksSignatures = false,
        Latency = TimeSpan.FromMilliseconds(latency),
    }
);
Console.WriteLine(server.Endpoint);
while (await Console.In.ReadLineAsync() is { } command)
{
    var counts = server.Requests.GroupBy(r => r.Operation).OrderBy(g => g.Key).Select(g => $"\"{g.Key}\":{g.Count()}");
    Console.WriteLine($"{{{string.Join(',', counts)}}}");
    server.ResetRequests();
    if (command == "clear")
    {
        var bucket = server.Bucket();
        lock (bucket.Lock)
        {
            bucket.Objects.Clear();
        }
        GC.Collect();
    }
}

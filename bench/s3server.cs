#:project ../test/Holdfast.Testing.S3/Holdfast.Testing.S3.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=true
#:property NoWarn=$(NoWarn);CS1591

// An S3 server in memory for measurements: prints its address, and ends with its standard input.
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
await Console.In.ReadToEndAsync();

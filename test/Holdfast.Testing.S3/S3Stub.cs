using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Testing.S3.Network;
using Holdfast.Testing.S3.Protocol;
using Holdfast.Testing.S3.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Testing.S3;

/// <summary>
/// An S3 server in memory, on loopback. It checks signatures, differs from AWS as its options say, answers wrongly on demand, and counts
/// requests. Buckets are addressed by path.
/// </summary>
public sealed class S3Stub : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, StoredBucket> _buckets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Visible> _visible = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<S3Request> _requests = new();
    private long _received;
    private long _sent;
    private int _count;
    private int _connections;

    private S3Stub(WebApplication server, S3StubOptions options, TimeProvider time)
    {
        (_server, Options, _time) = (server, options, time);
        AddCredentials(Credentials);
        CreateBucket(DefaultBucket);
    }

    private sealed record Visible(int Number, SortedDictionary<string, StoredObject> Objects);

    /// <summary>The bucket that exists from the start.</summary>
    public const string DefaultBucket = "backups";

    /// <summary>The access key that is valid from the start.</summary>
    public static StubCredentials Credentials { get; } = new("AKTEST0000001", "stub-secret-0001");

    /// <summary>How the server behaves. May be changed at any time.</summary>
    public S3StubOptions Options { get; set; }

    /// <summary>What goes wrong with which request; null for nothing. Called on the server's threads.</summary>
    public Func<S3Request, S3Fault?>? Fault { get; set; }

    /// <summary>Its address, without a trailing slash.</summary>
    public string Endpoint => _server.Urls.Single();

    /// <summary>The access keys that are valid, by their ids.</summary>
    public ConcurrentDictionary<string, StubCredentials> AccessKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>All requests so far, in the order in which they came.</summary>
    public IReadOnlyCollection<S3Request> Requests => _requests;

    /// <summary>Bytes of the bodies of all requests and of all answers.</summary>
    public (long Received, long Sent) Bytes => (Interlocked.Read(ref _received), Interlocked.Read(ref _sent));

    /// <summary>Number of connections that clients have opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="options">How it behaves; as AWS does by default.</param>
    /// <param name="time">The server's clock.</param>
    /// <param name="certificate">Its certificate; null for HTTP.</param>
    public static async Task<S3Stub> StartAsync(
        S3StubOptions? options = null,
        TimeProvider? time = null,
        X509Certificate2? certificate = null
    )
    {
        S3Stub? stub = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlocks>();
        builder.WebHost.UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Use(next =>
                    connection =>
                    {
                        Interlocked.Increment(ref stub!._connections);
                        return next(connection);
                    }
                );
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
        });
        var server = builder.Build();
        stub = new S3Stub(server, options ?? S3StubOptions.Aws, time ?? TimeProvider.System);
        server.Run(stub.HandleAsync);
        await server.StartAsync();
        return stub;
    }

    /// <summary>Adds an empty bucket.</summary>
    public StoredBucket CreateBucket(string name) => _buckets.GetOrAdd(name, _ => new());

    /// <summary>A bucket.</summary>
    public StoredBucket Bucket(string name = DefaultBucket) => _buckets[name];

    /// <summary>Makes an access key valid.</summary>
    public void AddCredentials(StubCredentials credentials) => AccessKeys[credentials.AccessKey] = credentials;

    /// <summary>Number of requests of an operation so far.</summary>
    public int Count(S3Operation operation) => _requests.Count(r => r.Operation == operation);

    /// <summary>Forgets the requests so far.</summary>
    public void ResetRequests() => _requests.Clear();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // the client has closed the connection, or a fault has
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = Read(context);
        _requests.Enqueue(request);
        var fault = Fault?.Invoke(request);
        if (fault?.Wait is { } wait)
        {
            await wait(context.RequestAborted);
        }
        if (Options.Latency > TimeSpan.Zero)
        {
            await Task.Delay(Options.Latency, context.RequestAborted);
        }
        if (fault?.CutRequestAfter is { } bytes)
        {
            await context.Request.Body.ReadAtLeastAsync(new byte[bytes], bytes, throwOnEndOfStream: false, context.RequestAborted);
            context.Abort();
            return;
        }
        var answer = await PerformAsync(context, request, fault);
        answer.Headers["Date"] = _time.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        if (fault?.Cut == true)
        {
            context.Abort();
            return;
        }
        if (fault?.ETag is { } etag)
        {
            answer.Headers["ETag"] = $"\"{etag}\"";
        }
        Interlocked.Add(ref _sent, await answer.SendAsync(context, fault?.CutAnswerAfter));
    }

    private async Task<Answer> PerformAsync(HttpContext context, S3Request request, S3Fault? fault)
    {
        var replaces = fault is { Body: not null } or { Code: not null };
        var answer = new Answer();
        try
        {
            var body = await RequestBody.ReadAsync(context, Options);
            Interlocked.Add(ref _received, body.Length);
            if (!replaces || fault!.TakesEffect)
            {
                Authorize(context.Request, request);
                answer = Perform(request, fault?.StoreOnly is { } some ? body[..Math.Min(some, body.Length)] : body, fault);
            }
        }
        catch (S3Failure failure)
        {
            answer = new() { Status = failure.Status, Body = Xml.Error(failure.Code, "The stub refuses the request.", _time.GetUtcNow()) };
        }
        return replaces
            ? new()
            {
                Status = fault!.Status ?? 200,
                Body = fault.Body ?? Xml.Error(fault.Code!, "A fault was injected.", _time.GetUtcNow()),
            }
            : answer;
    }

    private void Authorize(HttpRequest http, S3Request request)
    {
        if (Options.ChecksSignatures && Signature.Check(http, AccessKeys.GetValueOrDefault, _time.GetUtcNow()) is { } code)
        {
            throw new S3Failure(code == "ExpiredToken" ? 400 : 403, code);
        }
        var accessKey = http.Headers.Authorization.ToString().Split("Credential=")[^1].Split('/')[0];
        if (
            AccessKeys.TryGetValue(accessKey, out var credentials)
            && !(credentials.Allows(request.Operation) && (request.Key.Length == 0 || credentials.AllowsKey(request.Key)))
        )
        {
            throw new S3Failure(403, "AccessDenied");
        }
        var refused = http.Headers.Keys.Where(k =>
            k.StartsWith("x-amz-checksum-", StringComparison.OrdinalIgnoreCase)
            || k.Equals("x-amz-sdk-checksum-algorithm", StringComparison.OrdinalIgnoreCase)
            || k.Equals("x-amz-trailer", StringComparison.OrdinalIgnoreCase)
        );
        // DeleteObjects is the one request that always carries a checksum.
        if (Options.RefusesChecksumHeaders && request.Operation != S3Operation.DeleteObjects && refused.Any())
        {
            throw new S3Failure(400, "ExcessHeaderValues");
        }
    }

    private Answer Perform(S3Request request, byte[] body, S3Fault? fault)
    {
        if (!_buckets.TryGetValue(request.Bucket, out var bucket))
        {
            throw new S3Failure(404, "NoSuchBucket");
        }
        var objects = new ObjectHandler(Options, _time.GetUtcNow());
        var multipart = new MultipartHandler(Options, objects, _time.GetUtcNow());
        return request.Operation switch
        {
            S3Operation.HeadBucket => new(),
            S3Operation.GetBucketLocation => new() { Body = Xml.Write(new("LocationConstraint")) },
            S3Operation.ListObjects => ListHandler.List(request, VisibleObjects(request, bucket), Options.PageSize),
            S3Operation.PutObject => objects.Put(bucket, request, body),
            S3Operation.GetObject => objects.Get(bucket, request, fault?.IgnoresRange == true, head: false),
            S3Operation.HeadObject => objects.Get(bucket, request, ignoresRange: true, head: true),
            S3Operation.DeleteObject => ObjectHandler.Delete(bucket, request),
            S3Operation.DeleteObjects => objects.DeleteMany(bucket, request, body),
            S3Operation.CreateMultipartUpload => multipart.Create(bucket, request),
            S3Operation.UploadPart => multipart.Put(bucket, request, body),
            S3Operation.CompleteMultipartUpload => multipart.Complete(bucket, request, body),
            S3Operation.AbortMultipartUpload => MultipartHandler.Abort(bucket, request),
            S3Operation.ListMultipartUploads => multipart.List(bucket, request),
            S3Operation.ListParts => MultipartHandler.ListParts(bucket, request),
            _ => throw new S3Failure(501, "NotImplemented"),
        };
    }

    // With a lag, listings show the objects of some requests ago.
    private SortedDictionary<string, StoredObject> VisibleObjects(S3Request request, StoredBucket bucket)
    {
        lock (bucket.Lock)
        {
            if (Options.ListingLag == 0)
            {
                return new(bucket.Objects, StringComparer.Ordinal);
            }
            var seen = _visible.GetValueOrDefault(request.Bucket) ?? new(0, []);
            if (request.Number - seen.Number > Options.ListingLag)
            {
                _visible[request.Bucket] = new(request.Number, new(bucket.Objects, StringComparer.Ordinal));
            }
            return seen.Objects;
        }
    }

    private S3Request Read(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var path = target.Split('?')[0].TrimStart('/');
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var bucket = Uri.UnescapeDataString(slash < 0 ? path : path[..slash]);
        var key = slash < 0 ? "" : Uri.UnescapeDataString(path[(slash + 1)..]);
        var query = context.Request.Query;
        return new(OperationOf(context.Request.Method, key, query), bucket, key, Interlocked.Increment(ref _count))
        {
            Query = query,
            Headers = new HeaderDictionary(
                context.Request.Headers.ToDictionary(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase)
            ),
        };
    }

    private static S3Operation OperationOf(string method, string key, IQueryCollection query) =>
        (method, IsKey: key.Length > 0) switch
        {
            ("HEAD", false) => S3Operation.HeadBucket,
            ("GET", false) when query.ContainsKey("uploads") => S3Operation.ListMultipartUploads,
            ("GET", false) when query.ContainsKey("location") => S3Operation.GetBucketLocation,
            ("GET", false) when query["list-type"] == "2" => S3Operation.ListObjects,
            ("POST", false) when query.ContainsKey("delete") => S3Operation.DeleteObjects,
            ("POST", true) when query.ContainsKey("uploads") => S3Operation.CreateMultipartUpload,
            ("POST", true) when query.ContainsKey("uploadId") => S3Operation.CompleteMultipartUpload,
            ("PUT", true) when query.ContainsKey("partNumber") => S3Operation.UploadPart,
            ("PUT", true) => S3Operation.PutObject,
            ("GET", true) when query.ContainsKey("uploadId") => S3Operation.ListParts,
            ("GET", true) => S3Operation.GetObject,
            ("HEAD", true) => S3Operation.HeadObject,
            ("DELETE", true) when query.ContainsKey("uploadId") => S3Operation.AbortMultipartUpload,
            ("DELETE", true) => S3Operation.DeleteObject,
            _ => S3Operation.Unknown,
        };
}

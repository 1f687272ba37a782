using System.Globalization;
using System.Net.Http.Headers;
using Holdfast.Testing.S3.Storage;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>Puts, gets and deletes objects.</summary>
/// <param name="options">How the store differs from AWS.</param>
/// <param name="now">The server's time.</param>
internal sealed class ObjectHandler(S3StubOptions options, DateTimeOffset now)
{
    private static readonly string[] StoredHeaders =
    [
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "Content-Type",
    ];

    public Answer Put(StoredBucket bucket, S3Request request, byte[] content)
    {
        var stored = Create(request, [content], ETagOf(request, content));
        lock (bucket.Lock)
        {
            CheckConditions(bucket, request, options.ConditionalPut);
            bucket.Objects[request.Key] = stored;
        }
        return Stored(stored.ETag);
    }

    /// <summary>The answer to a request that has stored content.</summary>
    public Answer Stored(string etag)
    {
        var answer = new Answer { Headers = { ["ETag"] = $"\"{etag}\"" } };
        if (options.KmsByDefault)
        {
            answer.Headers["x-amz-server-side-encryption"] = "aws:kms";
        }
        return answer;
    }

    public Answer Get(StoredBucket bucket, S3Request request, bool ignoresRange, bool head)
    {
        StoredObject? stored;
        lock (bucket.Lock)
        {
            if (!bucket.Objects.TryGetValue(request.Key, out stored))
            {
                throw new S3Failure(404, "NoSuchKey");
            }
        }
        var headers = new Dictionary<string, string>(stored.Headers, StringComparer.OrdinalIgnoreCase)
        {
            ["ETag"] = $"\"{stored.ETag}\"",
            ["Last-Modified"] = stored.Modified.ToString("R", CultureInfo.InvariantCulture),
            ["Accept-Ranges"] = "bytes",
        };
        if (stored.StorageClass != "STANDARD")
        {
            headers["x-amz-storage-class"] = stored.StorageClass;
        }
        if (head)
        {
            return new() { Headers = headers, StatedLength = stored.Length };
        }
        if (stored.StorageClass == "GLACIER")
        {
            throw new S3Failure(403, "InvalidObjectState");
        }
        var range = request.Headers.Range.ToString();
        if (range.Length == 0 || ignoresRange)
        {
            return new() { Headers = headers, Content = stored.Content };
        }
        var (from, to) = Parse(range, stored.Length);
        headers["Content-Range"] = $"bytes {from}-{to}/{stored.Length}";
        return new()
        {
            Status = 206,
            Headers = headers,
            Content = Slice(stored.Content, from, to + 1 - from),
        };
    }

    public static Answer Delete(StoredBucket bucket, S3Request request)
    {
        lock (bucket.Lock)
        {
            bucket.Objects.Remove(request.Key);
        }
        return new() { Status = 204 };
    }

    public Answer DeleteMany(StoredBucket bucket, S3Request request, byte[] body)
    {
        if (!options.BatchDelete)
        {
            throw new S3Failure(501, "NotImplemented");
        }
        if (options.BatchDeleteNeedsMd5 && request.Headers["Content-MD5"].Count == 0)
        {
            throw new S3Failure(400, "MissingContentMD5");
        }
        var keys = Xml.Find(body, "Key").Select(e => e.Value).ToList();
        lock (bucket.Lock)
        {
            keys.ForEach(k => bucket.Objects.Remove(k));
        }
        var deleted = keys.Select(k => new System.Xml.Linq.XElement("Deleted", new System.Xml.Linq.XElement("Key", k)));
        return new() { Body = Xml.Write(new("DeleteResult", deleted)) };
    }

    /// <summary>An object as a request describes it.</summary>
    public StoredObject Create(S3Request request, IReadOnlyList<ReadOnlyMemory<byte>> content, string etag) =>
        new()
        {
            Content = content,
            ETag = etag,
            Modified = now,
            StorageClass = StorageClassOf(request),
            Headers = HeadersOf(request),
        };

    /// <summary>The storage class of a request.</summary>
    public string StorageClassOf(S3Request request)
    {
        var storageClass = request.Headers["x-amz-storage-class"].ToString();
        return storageClass.Length == 0 ? "STANDARD"
            : options.StorageClasses.Contains(storageClass) ? storageClass
            : throw new S3Failure(400, "InvalidStorageClass");
    }

    /// <summary>The headers that are stored with an object.</summary>
    public static Dictionary<string, string> HeadersOf(S3Request request) =>
        StoredHeaders
            .Where(h => request.Headers[h].Count > 0)
            .ToDictionary(h => h, h => request.Headers[h].ToString(), StringComparer.OrdinalIgnoreCase);

    /// <summary>The ETag of content that is stored at once.</summary>
    public string ETagOf(S3Request request, byte[] content)
    {
        var isOpaque = !options.Md5ETags || options.KmsByDefault || request.Headers["x-amz-server-side-encryption"] == "aws:kms";
        var stated = request.Headers["Content-MD5"].ToString();
        return isOpaque ? Guid.NewGuid().ToString("N")
            : options.HashesContent || stated.Length == 0 ? Convert.ToHexStringLower(RequestBody.Md5(content))
            : Convert.ToHexStringLower(Convert.FromBase64String(stated));
    }

    /// <summary>Checks the conditions of a request. The caller holds the bucket's lock until the object is stored.</summary>
    public static void CheckConditions(StoredBucket bucket, S3Request request, ConditionSupport support)
    {
        var (ifNoneMatch, ifMatch) = (request.Headers.IfNoneMatch.ToString(), request.Headers.IfMatch.ToString());
        if (ifNoneMatch.Length + ifMatch.Length == 0 || support == ConditionSupport.Ignored)
        {
            return;
        }
        if (support == ConditionSupport.Refused)
        {
            throw new S3Failure(501, "NotImplemented");
        }
        var present = bucket.Objects.GetValueOrDefault(request.Key);
        var isMet = (ifNoneMatch.Length == 0 || present is null) && (ifMatch.Length == 0 || present?.ETag == ifMatch.Trim('"'));
        if (!isMet)
        {
            throw new S3Failure(412, "PreconditionFailed");
        }
    }

    private (long From, long To) Parse(string header, long length)
    {
        var range = RangeHeaderValue.Parse(header).Ranges.Single();
        if (range.From is null && options.MisreadsSuffixRange)
        {
            return (0, Math.Min(range.To!.Value, length - 1));
        }
        var from = range.From ?? Math.Max(0, length - range.To!.Value);
        var to = range.From is null ? length - 1 : Math.Min(range.To ?? (length - 1), length - 1);
        return from < length ? (from, to) : throw new S3Failure(416, "InvalidRange");
    }

    private static List<ReadOnlyMemory<byte>> Slice(IReadOnlyList<ReadOnlyMemory<byte>> content, long offset, long length)
    {
        var slice = new List<ReadOnlyMemory<byte>>();
        foreach (var segment in content)
        {
            if (offset < segment.Length && length > 0)
            {
                var part = segment.Slice((int)offset, (int)Math.Min(segment.Length - offset, length));
                slice.Add(part);
                length -= part.Length;
                offset = 0;
            }
            else
            {
                offset -= Math.Min(offset, segment.Length);
            }
        }
        return slice;
    }
}

using System.Globalization;
using System.Xml.Linq;
using Holdfast.Testing.S3.Storage;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>Uploads in parts.</summary>
/// <param name="options">How the store differs from AWS.</param>
/// <param name="objects">Creates the objects.</param>
/// <param name="now">The server's time.</param>
internal sealed class MultipartHandler(S3StubOptions options, ObjectHandler objects, DateTimeOffset now)
{
    public Answer Create(StoredBucket bucket, S3Request request)
    {
        var upload = new StoredUpload(Guid.NewGuid().ToString("N"), request.Key, now)
        {
            StorageClass = objects.StorageClassOf(request),
            Headers = ObjectHandler.HeadersOf(request),
        };
        lock (bucket.Lock)
        {
            bucket.Uploads.Add(upload.Id, upload);
        }
        return new()
        {
            Body = Xml.Write(
                new(
                    "InitiateMultipartUploadResult",
                    new XElement("Bucket", request.Bucket),
                    new XElement("Key", request.Key),
                    new XElement("UploadId", upload.Id)
                )
            ),
        };
    }

    public Answer Put(StoredBucket bucket, S3Request request, byte[] content)
    {
        if (request.PartNumber < 1 || request.PartNumber > options.MaxParts)
        {
            throw new S3Failure(400, "InvalidArgument");
        }
        var part = new StoredObject
        {
            Content = [content],
            ETag = objects.ETagOf(request, content),
            Modified = now,
        };
        lock (bucket.Lock)
        {
            Find(bucket, request).Parts[request.PartNumber] = part;
        }
        return objects.Stored(part.ETag);
    }

    public Answer Complete(StoredBucket bucket, S3Request request, byte[] body)
    {
        var wanted = Xml.Find(body, "Part")
            .Select(p =>
                (Number: int.Parse(Xml.Child(p, "PartNumber"), CultureInfo.InvariantCulture), ETag: Xml.Child(p, "ETag").Trim('"'))
            )
            .ToList();
        lock (bucket.Lock)
        {
            if (bucket.Completed.TryGetValue(request.Value("uploadId"), out var before) && options.RepeatableComplete)
            {
                return Completed(request, before);
            }
            var upload = Find(bucket, request);
            var parts = wanted.ConvertAll(p =>
                upload.Parts.GetValueOrDefault(p.Number) is { } part && part.ETag == p.ETag ? part : throw new S3Failure(400, "InvalidPart")
            );
            if (parts.Count == 0 || !wanted.Select(p => p.Number).SequenceEqual(wanted.Select(p => p.Number).Order()))
            {
                throw new S3Failure(400, "InvalidPartOrder");
            }
            CheckLengths(parts);
            ObjectHandler.CheckConditions(bucket, request, options.ConditionalComplete);
            var etag = ETagOf(parts);
            bucket.Objects[request.Key] = new()
            {
                Content = [.. parts.SelectMany(p => p.Content)],
                ETag = etag,
                Modified = now,
                StorageClass = upload.StorageClass,
                Headers = upload.Headers,
            };
            bucket.Uploads.Remove(upload.Id);
            bucket.Completed[upload.Id] = etag;
            return Completed(request, etag);
        }
    }

    public static Answer Abort(StoredBucket bucket, S3Request request)
    {
        lock (bucket.Lock)
        {
            bucket.Uploads.Remove(Find(bucket, request).Id);
        }
        return new() { Status = 204 };
    }

    public Answer List(StoredBucket bucket, S3Request request)
    {
        if (!options.ListsUploads)
        {
            throw new S3Failure(501, "NotImplemented");
        }
        var prefix = request.Value("prefix");
        var marker = (Key: request.Value("key-marker"), Id: request.Value("upload-id-marker"));
        List<StoredUpload> uploads;
        lock (bucket.Lock)
        {
            uploads =
            [
                .. bucket
                    .Uploads.Values.Where(u => u.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .OrderBy(u => u.Key, StringComparer.Ordinal)
                    .ThenBy(u => u.Id, StringComparer.Ordinal)
                    .Where(u =>
                        string.CompareOrdinal(u.Key, marker.Key) > 0
                        || (marker.Id.Length > 0 && u.Key == marker.Key && string.CompareOrdinal(u.Id, marker.Id) > 0)
                    )
                    .Take(options.PageSize + 1),
            ];
        }
        var isCut = uploads.Count > options.PageSize;
        var page = uploads.Take(options.PageSize).ToList();
        var root = new XElement(
            "ListMultipartUploadsResult",
            new XElement("Bucket", request.Bucket),
            new XElement("Prefix", prefix),
            new XElement("IsTruncated", isCut ? "true" : "false")
        );
        if (isCut)
        {
            root.Add(new XElement("NextKeyMarker", page[^1].Key), new XElement("NextUploadIdMarker", page[^1].Id));
        }
        root.Add(
            page.Select(u => new XElement(
                "Upload",
                new XElement("Key", u.Key),
                new XElement("UploadId", u.Id),
                new XElement("Initiated", Xml.Time(u.Initiated))
            ))
        );
        return new() { Body = Xml.Write(root) };
    }

    public static Answer ListParts(StoredBucket bucket, S3Request request)
    {
        lock (bucket.Lock)
        {
            var parts = Find(bucket, request)
                .Parts.Select(p => new XElement(
                    "Part",
                    new XElement("PartNumber", p.Key),
                    new XElement("ETag", $"\"{p.Value.ETag}\""),
                    new XElement("Size", p.Value.Length),
                    new XElement("LastModified", Xml.Time(p.Value.Modified))
                ));
            return new()
            {
                Body = Xml.Write(
                    new(
                        "ListPartsResult",
                        new XElement("Bucket", request.Bucket),
                        new XElement("Key", request.Key),
                        new XElement("UploadId", request.Value("uploadId")),
                        new XElement("IsTruncated", "false"),
                        parts
                    )
                ),
            };
        }
    }

    private static StoredUpload Find(StoredBucket bucket, S3Request request) =>
        bucket.Uploads.GetValueOrDefault(request.Value("uploadId")) is { } upload && upload.Key == request.Key
            ? upload
            : throw new S3Failure(404, "NoSuchUpload");

    private static Answer Completed(S3Request request, string etag) =>
        new()
        {
            Body = Xml.Write(
                new(
                    "CompleteMultipartUploadResult",
                    new XElement("Bucket", request.Bucket),
                    new XElement("Key", request.Key),
                    new XElement("ETag", $"\"{etag}\"")
                )
            ),
        };

    private string ETagOf(List<StoredObject> parts)
    {
        if (!options.Md5ETags || !parts.TrueForAll(p => p.ETag.Length == 32))
        {
            return $"{Guid.NewGuid():N}-{parts.Count}";
        }
        var hashes = parts.SelectMany(p => Convert.FromHexString(p.ETag)).ToArray();
        return $"{Convert.ToHexStringLower(RequestBody.Md5(hashes))}-{parts.Count}";
    }

    private void CheckLengths(List<StoredObject> parts)
    {
        foreach (var part in parts.SkipLast(1))
        {
            if (part.Length < options.MinPartBytes)
            {
                throw new S3Failure(400, "EntityTooSmall");
            }
            if (options.EqualParts && part.Length != parts[0].Length)
            {
                throw new S3Failure(400, "InvalidPart");
            }
        }
        if (options.EqualParts && parts[^1].Length > parts[0].Length)
        {
            throw new S3Failure(400, "InvalidPart");
        }
    }
}

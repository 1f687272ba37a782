using System.Xml.Linq;
using Holdfast.Testing.S3.Storage;

namespace Holdfast.Testing.S3.Protocol;

/// <summary>Lists objects: ListObjectsV2.</summary>
internal static class ListHandler
{
    /// <summary>One page of the objects that a client may see.</summary>
    public static Answer List(S3Request request, SortedDictionary<string, StoredObject> objects, int pageSize)
    {
        var (prefix, delimiter) = (request.Value("prefix"), request.Value("delimiter"));
        var size = int.TryParse(request.Value("max-keys"), out var wanted) ? Math.Min(wanted, pageSize) : pageSize;
        var after = request.Value("continuation-token") is { Length: > 0 } token ? Decode(token) : request.Value("start-after");
        var (contents, prefixes, last, isCut) = (new List<XElement>(), new List<string>(), "", false);
        foreach (var (key, stored) in objects)
        {
            if (!key.StartsWith(prefix, StringComparison.Ordinal) || string.CompareOrdinal(key, after) <= 0 || IsIn(key, after, delimiter))
            {
                continue;
            }
            var end = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
            var group = end < 0 ? null : key[..(end + delimiter.Length)];
            if (group is not null && prefixes.Count > 0 && prefixes[^1] == group)
            {
                continue;
            }
            if (contents.Count + prefixes.Count == size)
            {
                isCut = true;
                break;
            }
            last = group ?? key;
            if (group is not null)
            {
                prefixes.Add(group);
            }
            else
            {
                contents.Add(Entry(key, stored));
            }
        }
        return new() { Body = Xml.Write(Result(request, contents, prefixes, isCut ? last : null)) };
    }

    private static XElement Result(S3Request request, List<XElement> contents, List<string> prefixes, string? next)
    {
        var isUrl = request.Value("encoding-type") == "url";
        var root = new XElement(
            "ListBucketResult",
            new XElement("Name", request.Bucket),
            new XElement("Prefix", isUrl ? Uri.EscapeDataString(request.Value("prefix")) : request.Value("prefix")),
            new XElement("KeyCount", contents.Count + prefixes.Count),
            new XElement("IsTruncated", next is null ? "false" : "true")
        );
        if (next is not null)
        {
            root.Add(new XElement("NextContinuationToken", Encode(next)));
        }
        if (isUrl)
        {
            root.Add(new XElement("EncodingType", "url"));
            contents.ForEach(c => c.Element("Key")!.Value = Uri.EscapeDataString(c.Element("Key")!.Value));
        }
        root.Add(contents);
        root.Add(prefixes.Select(p => new XElement("CommonPrefixes", new XElement("Prefix", isUrl ? Uri.EscapeDataString(p) : p))));
        return root;
    }

    private static XElement Entry(string key, StoredObject stored) =>
        new(
            "Contents",
            new XElement("Key", key),
            new XElement("LastModified", Xml.Time(stored.Modified)),
            new XElement("ETag", $"\"{stored.ETag}\""),
            new XElement("Size", stored.Length),
            new XElement("StorageClass", stored.StorageClass)
        );

    // A page may end with a group, whose keys all follow it.
    private static bool IsIn(string key, string group, string delimiter) =>
        delimiter.Length > 0 && group.EndsWith(delimiter, StringComparison.Ordinal) && key.StartsWith(group, StringComparison.Ordinal);

    private static string Encode(string key) => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(key));

    private static string Decode(string token) => System.Text.Encoding.UTF8.GetString(Convert.FromHexString(token));
}

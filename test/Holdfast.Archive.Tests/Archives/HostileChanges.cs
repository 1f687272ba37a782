using System.Text.Json.Nodes;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>Changes that make a manifest or header hostile, by name.</summary>
internal static class HostileChanges
{
    public const string FirstId = "00000000000000000000000000000001";
    public const string OtherId = "ffffffffffffffffffffffffffffffff";

    private static readonly Dictionary<string, Action<JsonNode>> Manifests = new()
    {
        ["file without a mode"] = m => m["file"] = new JsonObject { ["user"] = "a", ["group"] = "a" },
        ["file with a mode that is none"] = m => m["file"] = File("rw-r--r--", "a", "a"),
        ["file with a mode that is endless"] = m => m["file"] = File(new string('7', 400), "a", "a"),
        ["file with an owner without a name"] = m => m["file"] = File("0640", "", "a"),
        ["file with a group that moves the cursor"] = m => m["file"] = File("0640", "a", "a\u001b[2J"),
        ["offset far outside"] = m => Part(m)["offset"] = long.MaxValue,
        ["offset that overflows with the length"] = m => Part(m)["offset"] = long.MaxValue - 10,
        ["offset below zero"] = m => Part(m)["offset"] = -1,
        ["length far outside"] = m => Part(m)["length"] = long.MaxValue,
        ["length below zero"] = m => Part(m)["length"] = -512,
        ["length of zero"] = m => Part(m)["length"] = 0,
        ["lengths whose sum overflows"] = m => Item(m)["parts"] = new JsonArray(Far(m), Far(m), Far(m)),
        ["bytes of another archive far outside"] = m =>
        {
            m["archives"]!.AsArray().Add(FirstId);
            (Part(m)["archive"], Part(m)["offset"]) = (1, long.MaxValue);
        },
        ["bytes of another archive that overflow"] = m =>
        {
            m["archives"]!.AsArray().Add(FirstId);
            (Part(m)["archive"], Part(m)["offset"]) = (1, long.MaxValue - Part(m)["length"]!.GetValue<long>());
        },
        ["lengths of another archive whose sum overflows"] = m =>
        {
            m["archives"]!.AsArray().Add(FirstId);
            Item(m)["parts"] = new JsonArray(Far(m), Far(m), Far(m));
        },
        ["archive number outside"] = m => Part(m)["archive"] = 77,
        ["archive number below zero"] = m => Part(m)["archive"] = -1,
        ["archive number of the largest kind"] = m => Part(m)["archive"] = int.MaxValue,
        ["part of null"] = m => Item(m)["parts"]!.AsArray().Add(null),
        ["parts of null"] = m => Item(m)["parts"] = null,
        ["parts of another type"] = m => Item(m)["parts"] = "none",
        ["no parts"] = m => Item(m)["parts"] = new JsonArray(),
        ["hash of null"] = m => Part(m)["sha256"] = null,
        ["hash that is none"] = m => Part(m)["sha256"] = "no hash",
        ["another hash"] = m => Part(m)["sha256"] = Convert.ToBase64String(new byte[32]),
        ["item of null"] = m => m["items"]!.AsArray().Add(null),
        ["items of null"] = m => m["items"] = null,
        ["item with a slash"] = m => Item(m)["name"] = "a/b",
        ["item that climbs out"] = m => Item(m)["name"] = "..",
        ["item with an absolute path"] = m => Item(m)["name"] = "/etc/passwd",
        ["item without a name"] = m => Item(m)["name"] = "",
        ["item with a name of null"] = m => Item(m)["name"] = null,
        ["item with a control character"] = m => Item(m)["name"] = "a\u001b[2Jb",
        ["item with half a character"] = m => Item(m)["name"] = "REPLACE",
        ["item twice"] = m => m["items"]!.AsArray().Add(Item(m).DeepClone()),
        ["item that is called like the manifest"] = m => Item(m)["name"] = "manifest.json",
        ["item of an unknown kind"] = m => Item(m)["kind"] = "Socket",
        ["item of a kind by number"] = m => Item(m)["kind"] = 7,
        ["item longer than its parts"] = m => Item(m)["length"] = 1L << 40,
        ["item of the greatest length"] = m => Item(m)["length"] = long.MaxValue / 512 * 512,
        ["item below zero"] = m => Item(m)["length"] = -512,
        ["archives of null"] = m => m["archives"] = null,
        ["archive of null"] = m => m["archives"]!.AsArray().Add(null),
        ["only archives of null"] = m => m["archives"] = new JsonArray((JsonNode?)null),
        ["no archives"] = m => m["archives"] = new JsonArray(),
        ["unknown archive"] = m => m["archives"]!.AsArray().Add(OtherId),
        ["archives that are no ids"] = m => m["archives"]!.AsArray().Add("../../etc"),
        ["another archive first"] = m => m["archives"] = new JsonArray(OtherId),
        ["another id"] = m => m["id"] = OtherId,
        ["fingerprint of null"] = m => m["fingerprint"] = null,
        ["mark of null"] = m => m["fingerprint"] = new JsonObject { ["rows"] = null },
        ["warnings of null"] = m => m["warnings"] = null,
        ["warning of null"] = m => m["warnings"] = new JsonArray((JsonNode?)null),
        ["newer format"] = m => m["format"] = 2,
        ["end time of nonsense"] = m => m["endTime"] = "yesterday",
        ["numbers too large for 64 bits"] = m => m["totalBytes"] = JsonNode.Parse("1e300"),
    };

    private static readonly Dictionary<string, Action<JsonNode>> ImageManifests = new()
    {
        ["page size 0"] = m => Item(m)["pageSize"] = 0,
        ["page size 3"] = m => Item(m)["pageSize"] = 3,
        ["page size 1"] = m => Item(m)["pageSize"] = 1,
        ["page size below zero"] = m => Item(m)["pageSize"] = int.MinValue,
        ["page size of 2 GiB"] = m => Item(m)["pageSize"] = 1 << 30,
        ["no page size"] = m => Item(m)["pageSize"] = null,
        ["another page size"] = m => Item(m)["pageSize"] = 1024,
        ["no hash"] = m => Item(m)["sha256"] = null,
        ["two parts of the same bytes"] = m => Item(m)["parts"]!.AsArray().Add(Part(m).DeepClone()),
        ["parts that overlap"] = m => Item(m)["parts"]!.AsArray().Add(Moved(m, 512)),
        ["pages that begin within a frame"] = m => Part(m)["offset"] = (long)Part(m)["offset"]! + 512,
    };

    private static readonly Dictionary<string, Action<JsonNode>> IncrementalImageManifests = new()
    {
        ["no page map"] = m => Item(m)["pageMap"] = null,
        ["page map too short"] = m => Item(m)["length"] = 512 * 80,
        ["page map too long"] = m => Item(m)["length"] = 0,
        ["page map of another archive"] = m => Item(m)["pageMap"]!["archive"] = 1,
        ["page map far outside"] = m => Item(m)["pageMap"]!["offset"] = long.MaxValue,
        ["page map of the greatest length"] = m =>
        {
            Item(m)["length"] = long.MaxValue / 512 * 512;
            Item(m)["pageMap"]!["length"] = ((long.MaxValue / 512) + 7) / 8;
        },
        ["page map elsewhere"] = m =>
        {
            Item(m)["pageMap"]!["offset"] = 512;
            Item(m)["pageMap"]!["sha256"] = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData("{"u8));
        },
        ["an empty image with pages"] = m =>
        {
            Item(m)["length"] = 0;
            Item(m)["pageMap"] = null;
            Item(m)["sha256"] = Part(m)["sha256"]!.GetValue<string>();
        },
    };

    private static readonly Dictionary<string, Action<JsonNode>> Headers = new()
    {
        ["newer format"] = h => h["format"] = 2,
        ["id of null"] = h => h["id"] = null,
        ["id that is none"] = h => h["id"] = "..",
        ["another id"] = h => h["id"] = OtherId,
        ["kind by number"] = h => h["kind"] = 9,
        ["kind of nonsense"] = h => h["kind"] = "Half",
        ["type by number"] = h => h["type"] = 9,
        ["parent of its own"] = h => h["parent"] = h["id"]!.GetValue<string>(),
        ["chain of null"] = h => h["chain"] = null,
        ["another chain"] = h => h["chain"] = OtherId,
        ["database of null"] = h => h["database"] = null,
        ["start time of nonsense"] = h => h["startTime"] = "x",
    };

    public static IEnumerable<TheoryDataRow<BackupType, int, string>> ManifestCases() =>
        from type in Enum.GetValues<BackupType>()
        from point in (int[])[0, 1]
        from name in Manifests
            .Keys.Concat(type == BackupType.Snapshot ? ImageManifests.Keys : [])
            .Concat(type == BackupType.Snapshot && point == 1 ? IncrementalImageManifests.Keys : [])
        select new TheoryDataRow<BackupType, int, string>(type, point, name);

    public static IEnumerable<TheoryDataRow<BackupType, int, string>> HeaderCases() =>
        from type in Enum.GetValues<BackupType>()
        from point in (int[])[0, 1]
        from name in Headers.Keys
        select new TheoryDataRow<BackupType, int, string>(type, point, name);

    /// <summary>The change of a manifest with this name.</summary>
    public static Action<JsonNode> OfManifest(string name) =>
        Manifests.GetValueOrDefault(name) ?? ImageManifests.GetValueOrDefault(name) ?? IncrementalImageManifests[name];

    /// <summary>The change of a header with this name.</summary>
    public static Action<JsonNode> OfHeader(string name) => Headers[name];

    private static JsonObject File(string mode, string user, string group) =>
        new()
        {
            ["mode"] = mode,
            ["user"] = user,
            ["group"] = group,
        };

    /// <summary>The first item of a manifest.</summary>
    public static JsonNode Item(JsonNode manifest) => manifest["items"]![0]!;

    /// <summary>The first part of the first item.</summary>
    public static JsonNode Part(JsonNode manifest) => Item(manifest)["parts"]![0]!;

    private static JsonNode Far(JsonNode manifest)
    {
        var part = Part(manifest).DeepClone();
        (part["length"], part["archive"]) = (long.MaxValue, manifest["archives"]!.AsArray().Count - 1);
        return part;
    }

    private static JsonNode Moved(JsonNode manifest, int by)
    {
        var part = Part(manifest).DeepClone();
        (part["offset"], part["length"]) = (part["offset"]!.GetValue<long>() + by, part["length"]!.GetValue<long>() - by);
        return part;
    }
}

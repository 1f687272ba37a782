using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Tests.Configuration;

/// <summary>Compares the published schema with the program.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly JsonNode Schema = JsonNode.Parse(
        File.ReadAllText(Path.Combine(RepositoryRoot.Folder, "eng", "holdfast.schema.json"))
    )!;

    private readonly ConfigFile _file = new();

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Schema_and_record_agree_key_by_key() => Compare(typeof(ServerConfig), Schema, "");

    [Fact]
    public void Defaults_in_the_schema_are_those_of_the_record()
    {
        var defaults = JsonSerializer.SerializeToNode(new ServerConfig(), Endpoints.Shared.ApiJson.Options)!;
        Assert.Equal((string?)defaults["node"], (string?)Schema["properties"]!["node"]!["default"]);
        Assert.Equal((string?)defaults["listen"], (string?)Schema["properties"]!["listen"]!["default"]);
        foreach (
            var (name, limit) in Schema["properties"]!["limits"]!["properties"]!.AsObject().Where(l => l.Value!["default"] is not null)
        )
        {
            Assert.Equal((int)limit!["default"]!, (int)defaults["limits"]![name]!);
        }
    }

    [Fact]
    public void Limits_are_accepted_within_the_range_of_the_schema()
    {
        foreach (var (name, limit) in Schema["properties"]!["limits"]!["properties"]!.AsObject())
        {
            var (least, most) = ((int)limit!["minimum"]!, (int)limit["maximum"]!);
            _file.Load($$"""{ "limits": { "{{name}}": {{least}} } }""");
            _file.Load($$"""{ "limits": { "{{name}}": {{most}} } }""");
            Assert.StartsWith(
                $"limits.{name}:",
                Assert.Single(_file.LoadErrors($$"""{ "limits": { "{{name}}": {{least - 1}} } }""")),
                StringComparison.Ordinal
            );
            Assert.StartsWith(
                $"limits.{name}:",
                Assert.Single(_file.LoadErrors($$"""{ "limits": { "{{name}}": {{most + 1}} } }""")),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void Keys_of_sources_in_the_schema_are_those_that_the_engines_read()
    {
        var sources = Schema["properties"]!["sources"]!["items"]!;
        var kinds = sources["properties"]!["engine"]!["enum"]!.AsArray().Select(k => (string)k!);
        Assert.Equal(TestEngines.All.Select(e => e.Kind), kinds);
        Assert.False((bool)sources["additionalProperties"]!);
        var read = TestEngines.All.SelectMany(e =>
            KnownKeys($$"""{ "sources": [{ "name": "x", "engine": "{{e.Kind}}", "nothing": 1 }] }""")
        );
        Assert.Equal(read.Distinct().Order(StringComparer.Ordinal), KeysOf(sources));
        var restore = sources["properties"]!["restore"]!;
        Assert.False((bool)restore["additionalProperties"]!);
        Assert.Equal(
            KnownKeys("""{ "sources": [{ "name": "x", "engine": "postgresql", "restore": { "nothing": 1 } }] }""")
                .Order(StringComparer.Ordinal),
            KeysOf(restore)
        );
    }

    private static IEnumerable<string> KeysOf(JsonNode schema) =>
        schema["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal);

    private string[] KnownKeys(string json)
    {
        const string known = "Known here: ";
        var error = Assert.Single(_file.LoadErrors(json), f => f.Contains("nothing", StringComparison.Ordinal));
        return error[(error.IndexOf(known, StringComparison.Ordinal) + known.Length)..].TrimEnd('.').Split(", ");
    }

    private static void Compare(Type type, JsonNode schema, string path)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.Name != nameof(ServerConfig.Warnings))
            .ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), p => p.PropertyType);
        var described = schema["properties"]!.AsObject();
        Assert.Equal(
            properties.Keys.Order(StringComparer.Ordinal).Select(n => path + n),
            described
                .Where(d => d.Value!["deprecated"] is null)
                .Select(d => d.Key)
                .Where(n => n != "$schema")
                .Order(StringComparer.Ordinal)
                .Select(n => path + n)
        );
        Assert.False((bool)schema["additionalProperties"]!, $"{path}: the program refuses keys that it does not know.");
        foreach (var (name, of) in properties)
        {
            var at = described[name]!;
            if (of == typeof(string))
            {
                Assert.Equal("string", (string?)at["type"] ?? "string");
            }
            else if (of.IsAssignableTo(typeof(IEnumerable)) && of.GenericTypeArguments is [var item])
            {
                Element(item, at["items"]!, $"{path}{name}[].");
            }
            else if (!of.IsAssignableTo(typeof(IEnumerable)) && of.Namespace == typeof(ServerConfig).Namespace)
            {
                Compare(of, at, $"{path}{name}.");
            }
        }
    }

    private static void Element(Type item, JsonNode schema, string path)
    {
        if (item == typeof(string))
        {
            Assert.Equal("string", (string?)schema["type"]);
        }
        else if (item != typeof(ConfiguredSource))
        {
            Compare(item, schema, path);
        }
    }
}

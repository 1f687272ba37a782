using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Server.Configuration;

namespace Holdfast.Server.Tests.Configuration;

/// <summary>The schema that is shipped says what the program does.</summary>
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
    public void Limits_are_taken_up_to_the_ends_that_the_schema_names()
    {
        foreach (var (name, limit) in Schema["properties"]!["limits"]!["properties"]!.AsObject())
        {
            var (least, most) = ((int)limit!["minimum"]!, (int)limit["maximum"]!);
            _file.Load($$"""{ "limits": { "{{name}}": {{least}} } }""");
            _file.Load($$"""{ "limits": { "{{name}}": {{most}} } }""");
            Assert.StartsWith(
                $"limits.{name}:",
                Assert.Single(_file.Faults($$"""{ "limits": { "{{name}}": {{least - 1}} } }""")),
                StringComparison.Ordinal
            );
            Assert.StartsWith(
                $"limits.{name}:",
                Assert.Single(_file.Faults($$"""{ "limits": { "{{name}}": {{most + 1}} } }""")),
                StringComparison.Ordinal
            );
        }
    }

    private static void Compare(Type type, JsonNode schema, string path)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), p => p.PropertyType);
        var described = schema["properties"]!.AsObject();
        Assert.Equal(
            properties.Keys.Order(StringComparer.Ordinal).Select(n => path + n),
            described.Select(d => d.Key).Where(n => n != "$schema").Order(StringComparer.Ordinal).Select(n => path + n)
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
        else
        {
            Compare(item, schema, path);
        }
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>The OpenAPI document changes only on purpose, because programs are generated from it.</summary>
public sealed class OpenApiTests
{
    private const string UpdateVariable = "HOLDFAST_UPDATE_OPENAPI";
    private const int MaxDifferences = 40;

    private static readonly string Accepted = Path.Combine(RepositoryRoot.Folder, "test", "Holdfast.Api.Tests", "openapi.json");
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public async Task The_OpenAPI_document_is_the_accepted_one()
    {
        await using var server = await ApiServer.StartAsync();
        var document = Normalize((await server.GetAsync("openapi.json")).Json())!;
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(Accepted, document.ToJsonString(Indented) + "\n");
            return;
        }
        var before = Flatten(JsonNode.Parse(await File.ReadAllTextAsync(Accepted))!).ToDictionary(StringComparer.Ordinal);
        var now = Flatten(document).ToDictionary(StringComparer.Ordinal);
        List<string> differences =
        [
            .. before.Where(b => !now.ContainsKey(b.Key)).Select(b => $"- {b.Key}: {b.Value}"),
            .. now.Where(n => !before.ContainsKey(n.Key)).Select(n => $"+ {n.Key}: {n.Value}"),
            .. now.Where(n => before.TryGetValue(n.Key, out var old) && old != n.Value)
                .Select(n => $"~ {n.Key}: {before[n.Key]} -> {n.Value}"),
        ];
        Assert.True(
            differences.Count == 0,
            $"The API has changed ({differences.Count} differences):\n"
                + string.Join('\n', differences.Take(MaxDifferences))
                + (differences.Count > MaxDifferences ? "\n…" : "")
                + $"\nIf that is intended, run this test with {UpdateVariable}=1, commit openapi.json, and describe the change "
                + "in CHANGELOG.md."
        );
    }

    [Fact]
    public async Task Each_route_of_the_contract_is_a_path_of_the_document_and_each_path_has_a_route()
    {
        await using var server = await ApiServer.StartAsync();
        var paths = (await server.GetAsync("openapi.json")).Json()["paths"]!.AsObject().Select(p => p.Key.TrimEnd('/'));
        var routes = typeof(ApiRoutes)
            .Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Routes", StringComparison.Ordinal) && t != typeof(ApiRoutes))
            .SelectMany(t => t.GetFields())
            .Select(f => ApiRoutes.BasePath + (string)f.GetRawConstantValue()!);
        Assert.Equal(paths.Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));
    }

    // Without texts for people, and in a stable order. A property that is called "summary" is an object and stays.
    private static JsonNode? Normalize(JsonNode? node) =>
        node switch
        {
            JsonObject map => new JsonObject(
                map.Where(m => !(m.Key is "description" or "summary" && m.Value is JsonValue))
                    .OrderBy(m => m.Key, StringComparer.Ordinal)
                    .Select(m => KeyValuePair.Create(m.Key, Normalize(m.Value)))
            ),
            JsonArray list => new JsonArray([.. list.Select(Normalize)]),
            _ => node?.DeepClone(),
        };

    private static IEnumerable<KeyValuePair<string, string>> Flatten(JsonNode? node, string path = "") =>
        node switch
        {
            JsonObject { Count: > 0 } map => map.SelectMany(m => Flatten(m.Value, $"{path} › {m.Key}")),
            JsonArray { Count: > 0 } list when list.All(i => i is JsonValue) => [new(path, list.ToJsonString())],
            JsonArray { Count: > 0 } list => list.SelectMany((item, i) => Flatten(item, $"{path}[{i}]")),
            _ => [new(path, node?.ToJsonString() ?? "null")],
        };
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tests;

/// <summary>Every field of a definition is stored and returned; a field that a conversion forgets would be lost at the next edit.</summary>
public sealed class DefinitionFieldTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_field_of_a_definition_is_stored_and_returned(bool regular)
    {
        var definition = ApiServer.Template(
            "Snapshot",
            ("name", "mine"),
            ("timeZone", "Europe/Berlin"),
            (
                "retention",
                new JsonObject
                {
                    ["minimumAgeDays"] = 14.5,
                    ["destinations"] = new JsonObject { ["nas"] = 90.5 },
                }
            ),
            (
                "encryption",
                new JsonObject
                {
                    ["mode"] = "Recipients",
                    ["key"] = null,
                    ["recipients"] = new JsonArray(AgeIdentity.Generate().Recipient.ToString()),
                    ["encryptSnapshots"] = true,
                }
            ),
            ("verifyEveryDays", 7),
            ("compareEveryHours", 12),
            ("existingBackups", "All"),
            ("disabled", true)
        );
        if (regular)
        {
            definition["preferredNode"] = "A";
        }
        else
        {
            definition["excluded"] = new JsonArray("demo/tmp*");
            definition["spreadMinutes"] = 7.5;
        }
        string[] ofTheOther = regular ? ["excluded", "spreadMinutes"] : ["preferredNode"];
        var fields = typeof(TaskDefinition).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).Except(ofTheOther);
        Assert.Equal(fields.Order(StringComparer.Ordinal), definition.Select(p => p.Key).Order(StringComparer.Ordinal));

        await using var server = await ApiServer.StartAsync("a.db");
        var tasks = $"{ApiServer.Database("a.db")}/tasks";
        var path = regular
            ? $"{tasks}/{(await server.PostAsync(tasks, definition)).Json(HttpStatusCode.Created)["task"]!["id"]}"
            : "server-wide-backups/mine";
        if (!regular)
        {
            (await server.PutAsync(path, definition)).Is(HttpStatusCode.Created);
        }
        var stored = (await server.GetAsync(path)).Json()["definition"]!;
        Assert.All(definition, p => Assert.True(JsonNode.DeepEquals(p.Value, stored[p.Key]), $"{p.Key} is {stored[p.Key]}"));
    }
}

using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>What the server answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, string? Tag)
{
    /// <summary>The body, when the status is the one expected.</summary>
    public JsonNode Json(HttpStatusCode expected = HttpStatusCode.OK)
    {
        Is(expected);
        return JsonNode.Parse(Text)!;
    }

    /// <summary>The problem of a refusal.</summary>
    public JsonNode Problem(int status, string code)
    {
        Is((HttpStatusCode)status);
        var problem = JsonNode.Parse(Text)!;
        Assert.Equal(code, (string?)problem["code"]);
        return problem;
    }

    /// <summary>Asserts that the request was refused because of errors in exactly these fields.</summary>
    public void HasErrors(params string[] fields) =>
        Assert.Equal(
            fields.Order(StringComparer.Ordinal),
            Problem(400, "usage")["errors"]!.AsArray().Select(e => (string)e!["field"]!).Distinct().Order(StringComparer.Ordinal)
        );

    public Answer Is(HttpStatusCode expected)
    {
        Assert.True(Status == expected, $"{(int)Status} instead of {(int)expected}: {Text}");
        return this;
    }
}

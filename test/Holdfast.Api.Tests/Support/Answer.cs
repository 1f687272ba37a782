using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Api.Tests;

/// <summary>An answer of the server.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, string? Tag)
{
    /// <summary>Asserts the status, and returns the body.</summary>
    public JsonNode Json(HttpStatusCode expected = HttpStatusCode.OK)
    {
        Is(expected);
        return JsonNode.Parse(Text)!;
    }

    /// <summary>Asserts a refusal, and returns the problem.</summary>
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

using System.Text.Json;
using Holdfast.Core.Tasks;
using Holdfast.Server.Endpoints.Shared;
using Holdfast.Server.InProcess;

namespace Holdfast.Studio.Api;

/// <summary>A refusal of the API, in its own words.</summary>
public sealed class ApiException : Exception
{
    internal ApiException(int status, string message, string? hint, IReadOnlyList<ValidationError> faults, string? etag = null)
        : base(message) => (Status, Hint, ValidationErrors, ETag) = (status, hint, faults, etag);

    /// <summary>HTTP status code.</summary>
    public int Status { get; }

    /// <summary>What to do; null for nothing in particular.</summary>
    public string? Hint { get; }

    /// <summary>What is wrong, field by field; empty where it is not about fields.</summary>
    public IReadOnlyList<ValidationError> ValidationErrors { get; }

    /// <summary>Where somebody else was faster: the revision that is there now.</summary>
    public string? ETag { get; }

    /// <summary>Whether somebody else changed it meanwhile.</summary>
    public bool IsStale => Status == 412;

    internal static ApiException Of(InProcessResponse answer)
    {
        if (answer.Body.Length == 0)
        {
            return new(answer.Status, $"The server answered with {answer.Status}.", null, []);
        }
        var problem = JsonSerializer.Deserialize<JsonElement>(answer.Body.Span);
        return new(
            answer.Status,
            Text(problem, "detail") ?? Text(problem, "title") ?? "The server refused this.",
            Text(problem, "hint"),
            Errors(problem),
            Text(problem, "etag")
        );
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<ValidationError> Errors(JsonElement problem) =>
        problem.TryGetProperty("errors", out var errors) ? errors.Deserialize<List<ValidationError>>(ApiJson.Options)! : [];
}

using System.Text.Json;
using Holdfast.Core.Tasks;

namespace Holdfast.Api;

/// <summary>The server refused a request, or failed at it. The message is the server's own.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Makes one that a caller raises itself, in the form of the server's.</summary>
    public ApiException(int status, string message, string? hint = null, IReadOnlyList<ValidationError>? validationErrors = null)
        : base(message) => (Status, Hint, ValidationErrors) = (status, hint, validationErrors ?? []);

    private ApiException(int status, Problem? problem)
        : base(problem?.Detail ?? problem?.Title ?? $"The server answered with status {status}.")
    {
        Status = status;
        Problem = problem;
        Hint = problem?.Hint;
        ValidationErrors = problem?.Errors ?? [];
    }

    /// <summary>HTTP status code.</summary>
    public int Status { get; }

    /// <summary>The whole problem; null where the answer was none, such as a proxy's.</summary>
    public Problem? Problem { get; }

    /// <summary>
    /// What kind of failure it is: a code of <see cref="Core.Errors.ErrorCatalogue"/>; null where the answer was no
    /// problem.
    /// </summary>
    public string? Code => Problem?.Code;

    /// <summary>What to do about it; null for nothing in particular.</summary>
    public string? Hint { get; }

    /// <summary>What is wrong with each field of the request; empty where it is not about fields.</summary>
    public IReadOnlyList<ValidationError> ValidationErrors { get; }

    /// <summary>
    /// After an edit whose condition does not hold: the revision that the resource has now; null where it does not
    /// exist.
    /// </summary>
    public string? ETag => Problem?.ETag;

    /// <summary>Whether the resource was changed since it was read.</summary>
    public bool IsStale => Status == 412;

    /// <summary>The exception for an answer with this status and body.</summary>
    public static ApiException FromResponse(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            return new(status, body.IsEmpty ? null : JsonSerializer.Deserialize(body, ApiJsonContext.Default.Problem));
        }
        catch (JsonException)
        {
            return new(status, (Problem?)null); // not the server's own words: a proxy's
        }
    }
}

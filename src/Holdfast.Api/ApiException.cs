using System.Text.Json;
using Holdfast.Core.Tasks;

namespace Holdfast.Api;

/// <summary>The server refused a request, or failed to process it. The message is the one that the server sent.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Creates an exception that the caller raises itself, in the form of those from the server.</summary>
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

    /// <summary>The problem that the server sent; null if the answer was not a problem, such as that of a proxy.</summary>
    public Problem? Problem { get; }

    /// <summary>The kind of failure: a code of <see cref="Core.Errors.ErrorCatalog"/>; null if the answer was not a problem.</summary>
    public string? Code => Problem?.Code;

    /// <summary>What to do next; null if there is no advice.</summary>
    public string? Hint { get; }

    /// <summary>The errors in fields of the request; empty if the failure is not about fields.</summary>
    public IReadOnlyList<ValidationError> ValidationErrors { get; }

    /// <summary>After an edit whose condition was not met: the current revision of the resource; null if it does not exist.</summary>
    public string? ETag => Problem?.ETag;

    /// <summary>Whether the edit was refused because the resource has changed since it was read.</summary>
    public bool IsStale => Status == 412;

    /// <summary>Creates the exception for an answer with this status and body.</summary>
    public static ApiException FromResponse(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            return new(status, body.IsEmpty ? null : JsonSerializer.Deserialize(body, ApiJsonContext.Default.Problem));
        }
        catch (JsonException)
        {
            return new(status, (Problem?)null); // not a problem of the server; probably from a proxy
        }
    }
}

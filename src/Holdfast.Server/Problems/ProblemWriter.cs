using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Api;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Endpoints.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.Server.Problems;

/// <summary>
/// Converts failures to problem details (RFC 9457) with <c>code</c> and <c>hint</c>, and with <c>errors</c> for invalid
/// fields of the request.
/// </summary>
internal static partial class ProblemWriter
{
    /// <summary>The HTTP status code for an exception.</summary>
    public static int StatusOf(Exception exception) =>
        exception switch
        {
            HoldfastException e => e.Error.HttpStatus,
            ValidationException => StatusCodes.Status400BadRequest,
            StaleRevisionException => StatusCodes.Status412PreconditionFailed,
            TooManyAttemptsException => StatusCodes.Status429TooManyRequests,
            BadHttpRequestException e => e.StatusCode,
            _ => StatusCodes.Status500InternalServerError,
        };

    /// <summary>The problem details of an exception. Those of an unexpected exception only state that the request failed.</summary>
    public static ProblemDetails Of(Exception exception) =>
        exception switch
        {
            HoldfastException e => Of(e.Error, e.Message, e.Hint),
            ValidationException e => WithExtensions(
                e.Errors is [var error]
                    ? Of(ErrorCatalog.Usage, Describe(error), error.Hint.Length > 0 ? error.Hint : null)
                    : Of(ErrorCatalog.Usage, $"The request has {e.Errors.Count} errors.", e.Errors[0].Hint),
                (Problem.ErrorsMember, e.Errors)
            ),
            StaleRevisionException e => WithExtensions(
                Of(ErrorCatalog.Conflict, e.Message, "Read the current state, and repeat the change if it is still right."),
                (Problem.CurrentMember, e.Current),
                (Problem.ETagMember, e.Revision > 0 ? ConditionalRequests.FormatETag(e.Revision) : null)
            ),
            TooManyAttemptsException e => Of(ErrorCatalog.TooManyAttempts, e.Message, $"Wait {e.RetryAfterSeconds} s."),
            BadHttpRequestException e => BadRequestProblem(e),
            _ => Of(
                ErrorCatalog.Unexpected,
                "The server could not process this request.",
                "The reason is in its log, with the same traceId."
            ),
        };

    /// <summary>The problem details of an error.</summary>
    public static ProblemDetails Of(Error error, string message, string? hint, int? status = null) =>
        WithExtensions(
            new()
            {
                Status = status ?? error.HttpStatus,
                Title = ReasonPhrases.GetReasonPhrase(status ?? error.HttpStatus),
                Detail = message,
            },
            (Problem.CodeMember, error.Code),
            (Problem.HintMember, hint)
        );

    /// <summary>The problem details of a status code without a body, such as for an address that does not exist.</summary>
    public static ProblemDetails OfStatus(int status) =>
        status switch
        {
            401 => Of(
                ErrorCatalog.AuthenticationRequired,
                "This request needs a signed-in user or an API token.",
                "POST /api/v1/session, or send 'Authorization: Bearer …'."
            ),
            403 => Of(ErrorCatalog.Forbidden, "Your role does not allow this.", "Ask an administrator."),
            404 => Of(ErrorCatalog.NotFound, "This address does not exist.", "The API is described at /api."),
            405 => Of(ErrorCatalog.Usage, "This address does not support this method.", "The API is described at /api.", status),
            415 => Of(ErrorCatalog.Usage, "The body is not JSON.", "Send it with 'Content-Type: application/json'.", status),
            _ => Of(status >= 500 ? ErrorCatalog.Unexpected : ErrorCatalog.Usage, ReasonPhrases.GetReasonPhrase(status), null, status),
        };

    /// <summary>Writes problem details as the answer, unless the answer has already been started.</summary>
    public static async Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        if (context.Response.HasStarted)
        {
            return;
        }
        problem.Instance = context.Request.Path;
        problem.Extensions[Problem.TraceIdMember] = context.TraceIdentifier;
        context.Response.StatusCode = problem.Status!.Value;
        await context.Response.WriteAsJsonAsync(problem, problem.GetType(), ApiJson.Options, Problem.MediaType, context.RequestAborted);
    }

    private static ProblemDetails BadRequestProblem(BadHttpRequestException exception)
    {
        if (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Of(
                ErrorCatalog.Usage,
                $"The body is longer than {HoldfastServer.MaxBodyBytes} bytes.",
                "Send a smaller request.",
                exception.StatusCode
            );
        }
        if (exception.StatusCode != StatusCodes.Status400BadRequest)
        {
            return OfStatus(exception.StatusCode);
        }

        // The message of the framework contains names of types, and can repeat what was sent.
        return exception.InnerException switch
        {
            JsonException e when MissingMembersPattern().Match(e.Message) is { Success: true } missing => MissingMembersProblem(
                missing.Groups["name"].Captures.Select(c => c.Value),
                e.Path
            ),
            JsonException e => InvalidJsonProblem(e),
            _ when ParameterPattern().Match(exception.Message) is { Success: true } named => BadParameterProblem(
                JsonNamingPolicy.CamelCase.ConvertName(named.Groups[1].Value)
            ), // in the spelling of query parameters
            _ => Of(
                ErrorCatalog.Usage,
                "The body or a parameter is missing or malformed.",
                "Compare the request with the description at /api."
            ),
        };
    }

    // A message that begins with a lower-case letter continues the name of the field.
    private static string Describe(ValidationError error) =>
        error.Message.Length > 0 && char.IsAsciiLetterLower(error.Message[0]) ? $"'{error.Field}' {error.Message}" : error.Message;

    private static ProblemDetails InvalidJsonProblem(JsonException exception)
    {
        const string hint = "The description at /api shows names and types.";
        if (exception.InnerException is JsonException || exception.Path is not { Length: > 0 } path)
        {
            var where = exception.LineNumber is { } line ? $": line {line + 1}, byte {exception.BytePositionInLine + 1}" : "";
            return Of(ErrorCatalog.Usage, $"The body is empty or not valid JSON{where}.", "Send a JSON object. " + hint);
        }
        var field = path.TrimStart('$').TrimStart('.');
        var what =
            exception.Message.Contains("could not be mapped to any", StringComparison.Ordinal) ? "is unknown"
            : exception.Message.StartsWith("Duplicate property", StringComparison.Ordinal) ? "is given twice"
            : "has the wrong type or an unknown value";
        return WithExtensions(
            Of(ErrorCatalog.Usage, $"{(field.Length > 0 ? $"'{field}'" : "The body")} {what} (line {exception.LineNumber + 1}).", hint),
            (Problem.ErrorsMember, new[] { new ValidationError(field, $"{what}.", hint) })
        );
    }

    private static ProblemDetails BadParameterProblem(string name) =>
        WithExtensions(
            Of(ErrorCatalog.Usage, $"'{name}' is missing or malformed.", "Compare the request with the description at /api."),
            (
                Problem.ErrorsMember,
                new[] { new ValidationError(name, "is missing, or has the wrong type.", "See the description at /api.") }
            )
        );

    private static ProblemDetails MissingMembersProblem(IEnumerable<string> names, string? path)
    {
        var within = path?.TrimStart('$').TrimStart('.') is { Length: > 0 } outer ? $"{outer}." : "";
        List<ValidationError> errors =
        [
            .. names.Select(n => new ValidationError(within + n, "is missing.", "See the description at /api.")),
        ];
        return WithExtensions(
            Of(
                ErrorCatalog.Usage,
                $"The body lacks {string.Join(", ", errors.Select(f => f.Field))}.",
                "Compare it with the description at /api."
            ),
            (Problem.ErrorsMember, errors)
        );
    }

    // The message ends with the names of the missing members.
    [GeneratedRegex("missing required properties including: (?:'(?<name>[A-Za-z]+)'[,;. ]*)+")]
    private static partial Regex MissingMembersPattern();

    // Only the message of the framework names the parameter that could not be bound. The value that follows is not repeated.
    [GeneratedRegex("parameter \"[^ \"]+ ([A-Za-z]+)\"")]
    private static partial Regex ParameterPattern();

    private static ProblemDetails WithExtensions(ProblemDetails problem, params ReadOnlySpan<(string Name, object? Value)> extensions)
    {
        foreach (var (name, value) in extensions)
        {
            problem.Extensions[name] = value;
        }
        return problem;
    }
}

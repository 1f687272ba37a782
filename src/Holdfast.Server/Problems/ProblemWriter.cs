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
/// Turns failures into problem details (RFC 9457) with <c>code</c> and <c>hint</c>, and <c>errors</c> where several
/// things are wrong with what was sent.
/// </summary>
internal static partial class ProblemWriter
{
    /// <summary>Status code that an exception is answered with.</summary>
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

    /// <summary>The problem that tells of an exception; of one that is not ours, nothing but that it happened.</summary>
    public static ProblemDetails Of(Exception exception) =>
        exception switch
        {
            HoldfastException e => Of(e.Error, e.Message, e.Hint),
            ValidationException e => WithExtensions(
                Of(
                    ErrorCatalogue.Usage,
                    e.Errors.Count == 1 ? e.Message : $"{e.Errors.Count} things are wrong with what was sent.",
                    e.Errors[0].Hint
                ),
                (Problem.ErrorsMember, e.Errors)
            ),
            StaleRevisionException e => WithExtensions(
                Of(ErrorCatalogue.Conflict, e.Message, "Look at what is there now, and decide anew."),
                (Problem.CurrentMember, e.Current),
                (Problem.ETagMember, e.Revision > 0 ? ConditionalRequests.FormatETag(e.Revision) : null)
            ),
            TooManyAttemptsException e => Of(ErrorCatalogue.TooManyAttempts, e.Message, $"Wait {e.RetryAfterSeconds} s."),
            BadHttpRequestException e => BadRequestProblem(e),
            _ => Of(ErrorCatalogue.Unexpected, "The server failed at this request.", "Its log has the reason; it names the same traceId."),
        };

    /// <summary>The problem of an error.</summary>
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

    /// <summary>The problem of a bare status code, such as an address that leads nowhere.</summary>
    public static ProblemDetails OfStatus(int status) =>
        status switch
        {
            401 => Of(
                ErrorCatalogue.AuthenticationRequired,
                "This needs a signed-in user or an API token.",
                "POST /api/v1/session, or send 'Authorization: Bearer …'."
            ),
            403 => Of(ErrorCatalogue.Forbidden, "Your role does not allow this.", "Ask an administrator."),
            404 => Of(ErrorCatalogue.NotFound, "Nothing has this address.", "The API is described at /api."),
            405 => Of(ErrorCatalogue.Usage, "This address does not take that method.", "The API is described at /api.", status),
            415 => Of(ErrorCatalogue.Usage, "The body is not JSON.", "Send it with 'Content-Type: application/json'.", status),
            _ => Of(status >= 500 ? ErrorCatalogue.Unexpected : ErrorCatalogue.Usage, ReasonPhrases.GetReasonPhrase(status), null, status),
        };

    /// <summary>Answers with a problem, unless the answer has begun.</summary>
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
                ErrorCatalogue.Usage,
                $"The body is longer than {HoldfastServer.MaxBodyBytes} bytes.",
                "Send less at once.",
                exception.StatusCode
            );
        }
        if (exception.StatusCode != StatusCodes.Status400BadRequest)
        {
            return OfStatus(exception.StatusCode);
        }

        // The framework's own words name types of the program, and can repeat what was sent.
        return exception.InnerException switch
        {
            JsonException e when MissingMembersPattern().Match(e.Message) is { Success: true } missing => MissingMembersProblem(
                missing.Groups["name"].Captures.Select(c => c.Value),
                e.Path
            ),
            JsonException { Path: { Length: > 0 } path } e => WithExtensions(
                Of(
                    ErrorCatalogue.Usage,
                    $"The body is not the JSON that is expected: {path} (line {e.LineNumber + 1}).",
                    "Compare it with the description at /api: names, types, and nothing that is not there."
                ),
                (
                    Problem.ErrorsMember,
                    new[]
                    {
                        new ValidationError(
                            path.TrimStart('$').TrimStart('.'),
                            "is not what is expected here.",
                            "See the description at /api."
                        ),
                    }
                )
            ),
            JsonException => Of(
                ErrorCatalogue.Usage,
                "The body is empty or no JSON.",
                "Send a JSON object as the description at /api has it."
            ),
            _ when ParameterPattern().Match(exception.Message) is { Success: true } named => BadParameterProblem(
                JsonNamingPolicy.CamelCase.ConvertName(named.Groups[1].Value)
            ), // as queries write it, wherever it is bound to
            _ => Of(
                ErrorCatalogue.Usage,
                "The body or a parameter is missing or malformed.",
                "Compare the request with the description at /api."
            ),
        };
    }

    private static ProblemDetails BadParameterProblem(string name) =>
        WithExtensions(
            Of(ErrorCatalogue.Usage, $"'{name}' is missing or malformed.", "Compare the request with the description at /api."),
            (
                Problem.ErrorsMember,
                new[] { new ValidationError(name, "is missing, or not what is expected here.", "See the description at /api.") }
            )
        );

    private static ProblemDetails MissingMembersProblem(IEnumerable<string> names, string? path)
    {
        var within = path?.TrimStart('$').TrimStart('.') is { Length: > 0 } outer ? $"{outer}." : "";
        List<ValidationError> faults =
        [
            .. names.Select(n => new ValidationError(within + n, "is missing.", "See the description at /api.")),
        ];
        return WithExtensions(
            Of(
                ErrorCatalogue.Usage,
                $"Of the body, {string.Join(", ", faults.Select(f => f.Field))} is missing.",
                "Compare it with the description at /api."
            ),
            (Problem.ErrorsMember, faults)
        );
    }

    // Names of members of ours, at the end of the message.
    [GeneratedRegex("missing required properties including: (?:'(?<name>[A-Za-z]+)'[,;. ]*)+")]
    private static partial Regex MissingMembersPattern();

    // The framework tells only in its message which parameter it could not bind; what was sent stands after it and is not repeated.
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

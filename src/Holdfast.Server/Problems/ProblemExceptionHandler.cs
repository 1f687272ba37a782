using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Problems;

/// <summary>Converts exceptions of endpoints to problem details. Unexpected exceptions are logged here and nowhere else.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            return true; // the client has disconnected
        }
        var status = ProblemWriter.StatusOf(exception);
        if (status == StatusCodes.Status500InternalServerError)
        {
            LogUnexpected(httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName, httpContext.TraceIdentifier, exception);
        }
        else if (status > StatusCodes.Status500InternalServerError)
        {
            LogFailed(httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName, exception.Message);
        }
        if (exception is Access.Sessions.TooManyAttemptsException tooMany)
        {
            httpContext.Response.Headers.RetryAfter = tooMany.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        await ProblemWriter.WriteAsync(httpContext, ProblemWriter.Of(exception));
        return true;
    }

    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "{Method} at {Endpoint} failed unexpectedly (traceId {TraceId})")]
    private partial void LogUnexpected(string method, string? endpoint, string traceId, Exception exception);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "{Method} at {Endpoint} failed: {Reason}")]
    private partial void LogFailed(string method, string? endpoint, string reason);
}

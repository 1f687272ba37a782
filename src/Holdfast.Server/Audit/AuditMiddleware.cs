using System.Globalization;
using Holdfast.Api.InProcess;
using Holdfast.Server.Access;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Audit;

/// <summary>
/// Records every request of a known caller that changes something or was refused: method, route, ids from the route or
/// <see cref="AuditSubjectExtensions"/>, and status, but no bodies. Anonymous requests are not recorded, because
/// anybody could fill the disk with them; attempts to sign in write their own entries.
/// </summary>
internal sealed partial class AuditMiddleware(RequestDelegate next, AuditLog log, ILogger<AuditMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // Determine the caller first: signing out, or deleting the own user, changes it.
        if (
            IsSafe(context.Request.Method)
            || context.User.Caller() is null
            || context.GetEndpoint() is not RouteEndpoint endpoint
            || endpoint.Metadata.GetMetadata<NotAuditedMetadata>() is not null
        )
        {
            await next(context);
            return;
        }

        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await next(context);
            status = context.Response.StatusCode;
        }
        catch (Exception e)
        {
            status = ProblemWriter.StatusOf(e);
            throw;
        }
        finally
        {
            await WriteAsync(context, endpoint, status);
        }
    }

    public static bool IsSafe(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    private async Task WriteAsync(HttpContext context, RouteEndpoint endpoint, int status)
    {
        var subject = AuditSubjectExtensions.GetAuditSubject(context)
            ?? string.Join(' ', context.Request.RouteValues.Select(v => $"{v.Key}={v.Value}"));
        try
        {
            await log.WriteAsync(
                context,
                $"{context.Request.Method} {endpoint.RoutePattern.RawText}",
                subject.Length == 0 ? null : subject,
                status.ToString(CultureInfo.InvariantCulture)
            );
        }
        catch (Core.Errors.HoldfastException e)
        {
            // The request has already been executed and cannot be undone; reporting a failure would be wrong.
            LogLost(context.Request.Method, endpoint.RoutePattern.RawText, e.Message);
        }
    }

    [LoggerMessage(EventId = 6101, Level = LogLevel.Critical, Message = "No audit entry could be written for {Method} {Route}: {Reason}")]
    private partial void LogLost(string method, string? route, string reason);
}

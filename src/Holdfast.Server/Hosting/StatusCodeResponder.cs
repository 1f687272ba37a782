using Holdfast.Api.InProcess;
using Holdfast.Server.Access;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Problems;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Hosting;

/// <summary>
/// Completes answers that have only a status code: a problem for programs, a page for people who are signed in, and a
/// redirect to the sign-in page for others.
/// </summary>
internal static class StatusCodeResponder
{
    public static Task WriteAsync(StatusCodeContext answer)
    {
        var context = answer.HttpContext;
        var page =
            BrowserPageRequest.IsPage(context.Request) && context.RequestServices.GetService<StatusCodePagePaths>() is { } pages
                ? FindPage(pages, context.Response.StatusCode)
                : null;
        if (page is null)
        {
            return ProblemWriter.WriteAsync(context, ProblemWriter.OfStatus(context.Response.StatusCode));
        }
        if (context.User.Caller() is not null)
        {
            return ShowAsync(answer, page);
        }
        context.Response.Redirect(BrowserPageRequest.SignInUrl(context.Request));
        return Task.CompletedTask;
    }

    private static string? FindPage(StatusCodePagePaths pages, int status) =>
        status switch
        {
            StatusCodes.Status404NotFound => pages.NotFound,
            StatusCodes.Status403Forbidden => pages.NotAllowed,
            _ => null,
        };

    // Renders the page at the requested address, with the original status code.
    private static async Task ShowAsync(StatusCodeContext answer, string page)
    {
        var context = answer.HttpContext;
        var path = context.Request.Path;
        context.Features.Set<IStatusCodeReExecuteFeature>(
            new StatusCodeReExecuteFeature
            {
                OriginalPath = path,
                OriginalPathBase = context.Request.PathBase,
                OriginalQueryString = context.Request.QueryString.Value,
            }
        );
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        context.Request.Path = page;
        try
        {
            await answer.Next(context);
        }
        finally
        {
            context.Request.Path = path;
            context.Features.Set<IStatusCodeReExecuteFeature>(null);
        }
    }
}

using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access.Sessions;

/// <summary>Distinguishes browsers that open a page from programs that call the API.</summary>
internal static class BrowserPageRequest
{
    /// <summary>Whether a browser opens a page.</summary>
    public static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && !request.Path.StartsWithSegments("/api")
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    /// <summary>The address of the sign-in page, with the requested page as the address to return to.</summary>
    public static string SignInUrl(HttpRequest request) => $"/sign-in?returnUrl={Uri.EscapeDataString(request.Path + request.QueryString)}";
}

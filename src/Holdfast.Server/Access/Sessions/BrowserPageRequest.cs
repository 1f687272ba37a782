using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Access.Sessions;

/// <summary>Tells people who open a page from programs that ask the API.</summary>
internal static class BrowserPageRequest
{
    /// <summary>Whether a browser opens a page.</summary>
    public static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && !request.Path.StartsWithSegments("/api")
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    /// <summary>Where to sign in, and to come back from.</summary>
    public static string SignInUrl(HttpRequest request) => $"/sign-in?returnUrl={Uri.EscapeDataString(request.Path + request.QueryString)}";
}

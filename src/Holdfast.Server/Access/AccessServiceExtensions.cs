using Holdfast.Api.Access;
using Holdfast.Api.InProcess;
using Holdfast.Server.Access.Sessions;
using Holdfast.Server.Access.Tokens;
using Holdfast.Server.Access.Users;
using Holdfast.Server.Files;
using Holdfast.Server.Hosting;
using Holdfast.Server.InProcess;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Access;

/// <summary>Configures authentication and authorization: cookies for people, tokens for programs, and a policy for each role.</summary>
internal static class AccessServiceExtensions
{
    private const string SelectorScheme = "Either";

    public static void AddAccess(this IServiceCollection services, DataFolder data, AdminToken adminToken)
    {
        services.AddSingleton(adminToken);
        services.AddStateMirror<User>(UserStore.Prefix).AddStateMirror<ApiToken>(TokenStore.Prefix);
        services
            .AddSingleton<PasswordService>()
            .AddSingleton<UserStore>()
            .AddSingleton<TokenStore>()
            .AddSingleton<SignInLimiter>()
            .AddSingleton<SessionCookieEvents>()
            .AddSingleton<SessionValidator>();
        services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 210_000); // OWASP's recommendation for PBKDF2 with SHA-512
        services.AddHostedService<InitialAdminSetup>();
        services.AddDataProtection().SetApplicationName("holdfast").PersistKeysToFileSystem(new(data.Keys));

        services
            .AddAuthentication(SelectorScheme)
            .AddPolicyScheme(SelectorScheme, null, o => o.ForwardDefaultSelector = SelectScheme)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthenticationHandler>(TokenAuthenticationHandler.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, InProcessAuthenticationHandler>(InProcessAuthenticationHandler.SchemeName, null)
            .AddCookie(o =>
            {
                o.Cookie.Name = "holdfast-session";
                o.Cookie.HttpOnly = true;
                o.Cookie.SameSite = SameSiteMode.Strict;
                o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest; // loopback has no TLS
                o.ExpireTimeSpan = HoldfastServer.SessionLength;
                o.SlidingExpiration = true;
                o.EventsType = typeof(SessionCookieEvents);
            });

        var authorization = services
            .AddAuthorizationBuilder()
            .AddPolicy(AccessPolicies.SignedIn, p => p.RequireAssertion(c => c.User.Caller() is not null))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(HasNoRouteEndpoint).Build());
        foreach (var role in Enum.GetValues<Role>())
        {
            authorization.AddPolicy(AccessPolicies.ForRole(role), p =>
                p.RequireAssertion(c => c.User.Caller() is { MustChangePassword: false } caller && caller.Role >= role)
            );
        }
    }

    private static string SelectScheme(HttpContext context) =>
        context.Features.Get<InProcessCaller>() is not null ? InProcessAuthenticationHandler.SchemeName
        : context.Request.Headers.Authorization.Count > 0 ? TokenAuthenticationHandler.SchemeName
        : CookieAuthenticationDefaults.AuthenticationScheme;

    // Endpoints without a policy are denied to everybody. If there is no endpoint, or only an answer of the router
    // (405, 415), that answer is returned instead.
    private static bool HasNoRouteEndpoint(AuthorizationHandlerContext context) =>
        (context.Resource as HttpContext)?.GetEndpoint() is not RouteEndpoint;
}

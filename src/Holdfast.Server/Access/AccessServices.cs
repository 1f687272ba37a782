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

/// <summary>Composes who may do what: cookies for people, tokens for programs, a policy for each role.</summary>
internal static class AccessServices
{
    public const string SignedInPolicy = "signed-in";
    private const string EitherScheme = "Either";

    public static void AddAccess(this IServiceCollection services, DataFolder data, AdminToken adminToken)
    {
        services.AddSingleton(adminToken);
        services.AddStateMirror<User>(UserStore.Prefix).AddStateMirror<ApiToken>(TokenStore.Prefix);
        services
            .AddSingleton<Passwords>()
            .AddSingleton<UserStore>()
            .AddSingleton<TokenStore>()
            .AddSingleton<SignInLimiter>()
            .AddSingleton<SessionEvents>()
            .AddSingleton<SessionCheck>();
        services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 210_000); // OWASP's figure for PBKDF2 with SHA-512
        services.AddHostedService<FirstStart>();
        services.AddDataProtection().SetApplicationName("holdfast").PersistKeysToFileSystem(new(data.Keys));

        services
            .AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, o => o.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenHandler.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, InProcessHandler>(InProcessHandler.SchemeName, null)
            .AddCookie(o =>
            {
                o.Cookie.Name = "holdfast-session";
                o.Cookie.HttpOnly = true;
                o.Cookie.SameSite = SameSiteMode.Strict;
                o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest; // on loopback there is no TLS
                o.ExpireTimeSpan = HoldfastServer.SessionLength;
                o.SlidingExpiration = true;
                o.EventsType = typeof(SessionEvents);
            });

        var authorization = services
            .AddAuthorizationBuilder()
            .AddPolicy(SignedInPolicy, p => p.RequireAssertion(c => c.User.Caller() is not null))
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(IsNoEndpoint).Build());
        foreach (var role in Enum.GetValues<Role>())
        {
            authorization.AddPolicy(RoleExtensions.PolicyOf(role), p =>
                p.RequireAssertion(c => c.User.Caller() is { MustChangePassword: false } caller && caller.Role >= role)
            );
        }
    }

    private static string SchemeOf(HttpContext context) =>
        context.Features.Get<InProcessCaller>() is not null ? InProcessHandler.SchemeName
        : context.Request.Headers.Authorization.Count > 0 ? TokenHandler.SchemeName
        : CookieAuthenticationDefaults.AuthenticationScheme;

    // An endpoint that says nothing of who may call it is nobody's. Where there is none, or only the router's own
    // answer (405, 415), that is told.
    private static bool IsNoEndpoint(AuthorizationHandlerContext context) =>
        (context.Resource as HttpContext)?.GetEndpoint() is not RouteEndpoint;
}

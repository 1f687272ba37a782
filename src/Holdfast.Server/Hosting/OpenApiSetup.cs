using System.Text.Json;
using Holdfast.Core.Databases;
using Holdfast.Server.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Holdfast.Server.Hosting;

/// <summary>
/// The description of the API: the OpenAPI 3.1 document, and a page for people that loads nothing from other servers.
/// Both need no authentication, because they are the same for everybody and reveal nothing about this server.
/// </summary>
internal static class OpenApiSetup
{
    public const string DocumentPath = "/api/v1/openapi.json";
    private const string TokenScheme = "token";

    public static void AddOpenApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    document.Info = new()
                    {
                        Title = "Holdfast",
                        Version = "v1",
                        Description =
                            "Server-wide backup. Failures are problem details with `code` and `hint`; edits take `If-Match`; "
                            + "lists are `{\"items\": [...], \"next\": ...}`.",
                    };
                    document.Servers = [];
                    document.Components ??= new();
                    document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                    {
                        [TokenScheme] = new OpenApiSecurityScheme
                        {
                            Type = SecuritySchemeType.Http,
                            Scheme = "bearer",
                            Description = "An API token.",
                        },
                    };
                    return Task.CompletedTask;
                }
            );
            options.AddOperationTransformer(
                (operation, context, _) =>
                {
                    foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
                    {
                        parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name ?? "");
                    }
                    var needed = context.Description.ActionDescriptor.EndpointMetadata.OfType<RequiredRoleMetadata>().ToList();
                    if (needed.Count == 0)
                    {
                        return Task.CompletedTask;
                    }
                    operation.Security = [new() { [new OpenApiSecuritySchemeReference(TokenScheme, context.Document)] = [] }];
                    operation.Description = $"{operation.Description} Role: {needed.Max(n => n.Role)}.".TrimStart();
                    return Task.CompletedTask;
                }
            );
            options.AddSchemaTransformer(
                (schema, context, _) =>
                {
                    if (context.JsonTypeInfo.Type == typeof(DatabaseId))
                    {
                        (schema.Type, schema.Description) = (JsonSchemaType.String, "SOURCE/NAME");
                    }
                    return Task.CompletedTask;
                }
            );
        });

    public static void MapOpenApiDescription(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi(DocumentPath).AllowAnonymous();
        app.MapScalarApiReference("/api", options =>
            {
                options.Title = "Holdfast API";
                options.OpenApiRoutePattern = DocumentPath;
                options.DynamicBaseServerUrl = true;
                options.DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().WithNonce();
            })
            .AllowAnonymous();
    }
}

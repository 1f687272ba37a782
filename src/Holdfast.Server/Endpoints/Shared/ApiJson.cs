using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.State;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>
/// How the API reads and writes JSON: camelCase, enumerations by name, database ids as <c>source/name</c>. A field that
/// is not known is refused, for it is a mistyped one.
/// </summary>
public static class ApiJson
{
    /// <summary>The options.</summary>
    public static readonly JsonSerializerOptions Options = Apply(new(JsonSerializerDefaults.Web));

    /// <summary>Sets them.</summary>
    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 32;
        foreach (var converter in StateJson.Options.Converters)
        {
            // By name only: a number would be taken for any value, known or not.
            options.Converters.Add(
                converter is JsonStringEnumConverter
                    ? new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false)
                    : converter
            );
        }

        return options;
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.State;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>
/// Options for reading and writing the JSON of the API: camelCase, enumerations by name, database ids as
/// <c>source/name</c>. Unknown members are rejected, because they are probably typing errors.
/// </summary>
public static class ApiJson
{
    /// <summary>The options.</summary>
    public static readonly JsonSerializerOptions Options = Apply(new(JsonSerializerDefaults.Web));

    /// <summary>Applies the options.</summary>
    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 32;
        foreach (var converter in StateJson.Options.Converters)
        {
            // Names only: any number would be accepted, even one without a value.
            options.Converters.Add(
                converter is JsonStringEnumConverter
                    ? new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false)
                    : converter
            );
        }

        return options;
    }
}

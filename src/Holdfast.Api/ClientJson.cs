using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Api;

/// <summary>
/// Reads and writes the API's JSON. Members that only a newer server knows are attached to the object they were read
/// into, and are written with it again. They are lost when the object is copied.
/// </summary>
public static class ClientJson
{
    // The contract has no property for unknown members, because it would appear in the OpenAPI document and affect equality.
    private static readonly ConditionalWeakTable<object, Dictionary<string, JsonElement>> UnknownMembers = [];

    private static readonly JsonSerializerOptions Options = CreateOptions();

    /// <summary>Converts an answer of the server, or a part of one, to JSON.</summary>
    /// <typeparam name="T">Type of the value; part of the contract.</typeparam>
    public static JsonObject ToDocument<T>(T value) => JsonSerializer.SerializeToNode(value, TypeInfo<T>())!.AsObject();

    internal static JsonTypeInfo<T> TypeInfo<T>() =>
        Options.TryGetTypeInfo(typeof(T), out var info)
            ? (JsonTypeInfo<T>)info
            : throw new InvalidOperationException($"{nameof(ApiJsonContext)} lacks {typeof(T)}.");

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(ApiJsonContext.Default.Options)
        {
            TypeInfoResolver = ApiJsonContext.Default.WithAddedModifier(KeepUnknownMembers),
        };
        options.MakeReadOnly();
        return options;
    }

    private static void KeepUnknownMembers(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.Type.IsValueType || type.Properties.Any(p => p.IsExtensionData))
        {
            return;
        }
        var members = JsonMetadataServices.CreatePropertyInfo(
            type.Options,
            new JsonPropertyInfoValues<Dictionary<string, JsonElement>>
            {
                IsProperty = true,
                IsExtensionData = true,
                DeclaringType = type.Type,
                PropertyName = nameof(UnknownMembers),
                Getter = o => UnknownMembers.TryGetValue(o, out var found) ? found : null,
                Setter = (o, value) => UnknownMembers.AddOrUpdate(o, value!),
            }
        );
        type.Properties.Add(members);
    }
}

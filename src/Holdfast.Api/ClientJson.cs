using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Api;

/// <summary>
/// How a client reads and writes the API's JSON. Members that only a newer server knows stay with the object that they
/// were read into, and are written with it. A copy of the object does not have them.
/// </summary>
public static class ClientJson
{
    // Objects of the contract have no property for unknown members: it would be part of the OpenAPI document and of equality.
    private static readonly ConditionalWeakTable<object, Dictionary<string, JsonElement>> UnknownMembers = [];

    private static readonly JsonSerializerOptions Options = CreateOptions();

    /// <summary>An answer of the server, or a part of one, as JSON.</summary>
    /// <typeparam name="T">Its type, one of the contract.</typeparam>
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

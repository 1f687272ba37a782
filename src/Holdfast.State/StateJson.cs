using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Core.Databases;

namespace Holdfast.State;

/// <summary>
/// Serialization of values: JSON in camelCase, enumerations by name, nulls omitted, database ids as <c>source/name</c>. Unknown fields are
/// ignored, so that an older node can read values of a newer one.
/// </summary>
public static class StateJson
{
    /// <summary>The options.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(), new DatabaseIdConverter() },
    };

    private static readonly InterningStringConverter Strings = new();

    /// <summary>The options for deserializing values that a node keeps in memory.</summary>
    internal static readonly JsonSerializerOptions InterningOptions = new(Options)
    {
        Converters = { Strings, new InterningDatabaseIdConverter() },
    };

    private sealed class InterningDatabaseIdConverter : JsonConverter<DatabaseId>
    {
        public override DatabaseId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var id = DatabaseId.Parse(reader.GetString() ?? "");
            return new(Strings.Intern(id.Source), Strings.Intern(id.Name));
        }

        public override void Write(Utf8JsonWriter writer, DatabaseId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }

    private sealed class DatabaseIdConverter : JsonConverter<DatabaseId>
    {
        public override DatabaseId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            DatabaseId.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, DatabaseId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

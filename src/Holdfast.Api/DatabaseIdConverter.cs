using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Core.Databases;

namespace Holdfast.Api;

/// <summary>Writes a database id as <c>source/name</c>.</summary>
internal sealed class DatabaseIdConverter : JsonConverter<DatabaseId>
{
    public override DatabaseId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DatabaseId.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, DatabaseId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

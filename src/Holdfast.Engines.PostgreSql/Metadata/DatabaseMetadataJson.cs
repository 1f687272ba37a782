using System.Text.Json.Serialization;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>JSON serialisation of <c>database.json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(DatabaseMetadata))]
internal sealed partial class DatabaseMetadataJson : JsonSerializerContext;

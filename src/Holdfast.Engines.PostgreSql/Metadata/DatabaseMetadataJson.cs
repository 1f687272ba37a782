using System.Text.Json.Serialization;

namespace Holdfast.Engines.PostgreSql.Metadata;

/// <summary>How <c>database.json</c> is written and read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(DatabaseMetadata))]
internal sealed partial class DatabaseMetadataJson : JsonSerializerContext;

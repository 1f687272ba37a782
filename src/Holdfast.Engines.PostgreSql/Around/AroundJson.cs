using System.Text.Json.Serialization;

namespace Holdfast.Engines.PostgreSql.Around;

/// <summary>How <c>database.json</c> is written and read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(Surroundings))]
internal sealed partial class AroundJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Holdfast.Archive.Format;

/// <summary>The JSON of archives: camelCase, enums by name, nulls omitted.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 16,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ArchiveHeader))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ArchiveIndex))]
[JsonSerializable(typeof(Index.IndexHeader))]
internal sealed partial class FormatJson : JsonSerializerContext;

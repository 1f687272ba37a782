using System.Text.Json.Serialization;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>The messages as JSON.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ReaderRequest))]
[JsonSerializable(typeof(ReaderReply))]
internal sealed partial class ReaderJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>JSON serialisation of the messages.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ReaderRequest))]
[JsonSerializable(typeof(ReaderReply))]
internal sealed partial class ReaderJson : JsonSerializerContext;

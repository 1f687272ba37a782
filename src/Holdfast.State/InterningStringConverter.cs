using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.State;

/// <summary>
/// Deserializes recently read short strings as the same objects: ids and names recur in every operation and status of a database, and with
/// 10,000 databases the copies would take half of a node's memory. If two strings hash to the same slot, the later one replaces the
/// earlier.
/// </summary>
internal sealed class InterningStringConverter : JsonConverter<string>
{
    private const int TableSize = 1 << 15;
    private const int MaxBytes = 96;

    private readonly string?[] _table = new string?[TableSize];

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => InternCurrent(ref reader);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        InternCurrent(ref reader)!;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    /// <summary>Returns the interned string of a text.</summary>
    public string Intern(ReadOnlySpan<char> text)
    {
        ref var slot = ref _table[string.GetHashCode(text) & (TableSize - 1)];
        if (slot is { } known && text.SequenceEqual(known))
        {
            return known;
        }
        return slot = text.ToString();
    }

    private string? InternCurrent(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > MaxBytes)
        {
            return reader.GetString();
        }
        Span<char> text = stackalloc char[MaxBytes];
        return Intern(text[..Encoding.UTF8.GetChars(reader.ValueSpan, text)]);
    }
}

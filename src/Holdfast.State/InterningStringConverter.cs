using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.State;

/// <summary>
/// Reads short strings that were read lately as the same objects: ids and names come again in every operation and
/// status of a database, and with
/// 10,000 databases their copies would be half of the memory of a node. Of two strings that meet at one place the later one stays.
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

    /// <summary>The one string of this text.</summary>
    public string Intern(ReadOnlySpan<char> text)
    {
        ref var place = ref _table[string.GetHashCode(text) & (TableSize - 1)];
        if (place is { } known && text.SequenceEqual(known))
        {
            return known;
        }
        return place = text.ToString();
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

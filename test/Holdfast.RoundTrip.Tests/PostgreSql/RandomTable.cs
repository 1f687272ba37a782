namespace Holdfast.RoundTrip.Tests.PostgreSql;

/// <summary>A table created by random edits.</summary>
/// <param name="name">Its name, quoted.</param>
internal sealed class RandomTable(string name)
{
    /// <summary>Types of columns.</summary>
    public static readonly string[] Types =
    [
        "int",
        "bigint",
        "text",
        "bytea",
        "numeric",
        "timestamptz",
        "jsonb",
        "bool",
        "text[]",
        "float8",
        "interval",
        "mood",
    ];

    /// <summary>Its name, quoted.</summary>
    public string Name { get; set; } = name;

    /// <summary>Its quoted columns except <c>id</c>, with their types.</summary>
    public List<(string Name, string Type)> Columns { get; } = [];

    /// <summary>An expression of a type that differs from row to row, numbered by <c>g</c>.</summary>
    public static string Value(string type, Random random, RandomText text)
    {
        if (random.Next(10) == 0)
        {
            return $"NULL::{type}";
        }
        return type switch
        {
            "int" => $"(g * {random.Next(-9, 9)})::int",
            "bigint" => $"{random.NextInt64()} - g",
            "text" => $"{text.Literal()}::text || g",
            "bytea" => $"decode('{Convert.ToHexString(Bytes(random))}', 'hex') || int8send(g::bigint)",
            "numeric" => random.Next(2) == 0 ? "'NaN'::numeric" : $"g * 1e{random.Next(-30, 300)}::numeric",
            "timestamptz" => random.Next(2) == 0
                ? "'-infinity'::timestamptz"
                : $"timestamptz '0044-03-15 12:00:00.000001+00 BC' + g * interval '{random.Next(1, 99)} d'",
            "jsonb" => $"jsonb_build_object({text.Literal()}::text || 'k', g, 'v', {text.Literal()}::text)",
            "bool" => "g % 2 = 0",
            "text[]" => $"ARRAY[{text.Literal()}, NULL, g::text]",
            "float8" => random.Next(2) == 0 ? "'-0'::float8" : "g * 1e-300::float8 / 3",
            "interval" => $"make_interval(months => g::int, secs => -{random.Next(99)}.5)",
            "mood" => "'it''s ok'::mood",
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
        };
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(1, 3000)];
        random.NextBytes(bytes);
        return bytes;
    }
}

using Holdfast.Core.Operations;
using Microsoft.Data.Sqlite;

namespace Holdfast.Node.Catalog;

/// <summary>
/// Converts between rows of the catalog and its types. Ids and hashes are stored as bytes, because there can be millions of archives.
/// </summary>
internal static class CatalogRows
{
    /// <summary>The id of a task; stored as an empty text if there is none.</summary>
    public static string? TaskOrNull(string stored) => stored.Length == 0 ? null : stored;

    /// <summary>Hexadecimal text as bytes.</summary>
    public static byte[]? Hex(string? text) => text is null ? null : Convert.FromHexString(text);

    /// <summary>Base64 text as bytes.</summary>
    public static byte[]? Base64(string? text) => text is null ? null : Convert.FromBase64String(text);

    /// <summary>A time, stored in milliseconds; null for NULL.</summary>
    public static DateTimeOffset? ReadTime(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    private static string? ReadText(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static byte[]? ReadBytes(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    private static string? HexText(byte[]? bytes) => bytes is null ? null : Convert.ToHexStringLower(bytes);

    private static string? Base64Text(byte[]? bytes) => bytes is null ? null : Convert.ToBase64String(bytes);

    /// <summary>A copy, whose columns start at <paramref name="at"/>.</summary>
    public static CatalogCopy ReadCopy(SqliteDataReader reader, int at) =>
        new(
            reader.GetString(at),
            (CopyState)reader.GetInt64(at + 1),
            ReadTime(reader, at + 2),
            ReadTime(reader, at + 3),
            reader.IsDBNull(at + 5)
                ? null
                : new OperationError(reader.GetString(at + 5), ReadText(reader, at + 6) ?? "", ReadText(reader, at + 7)),
            reader.GetInt64(at + 4) != 0
        )
        {
            WasDamaged = reader.GetInt64(at + 8) != 0,
            Length = reader.IsDBNull(at + 9) ? null : reader.GetInt64(at + 9),
        };

    /// <summary>An archive, whose columns start at 10.</summary>
    public static CatalogArchive ReadArchive(SqliteDataReader reader) =>
        new()
        {
            Name = reader.GetString(10),
            Length = reader.GetInt64(11),
            Id = HexText(ReadBytes(reader, 12)),
            Chain = HexText(ReadBytes(reader, 13)),
            Parent = HexText(ReadBytes(reader, 14)),
            Sha256 = Base64Text(ReadBytes(reader, 15)),
            ManifestSha256 = Base64Text(ReadBytes(reader, 16)),
            IndexLength = reader.IsDBNull(17) ? null : reader.GetInt64(17),
            IndexSha256 = Base64Text(ReadBytes(reader, 18)),
            Started = ReadTime(reader, 19),
        };
}

using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Core.Errors;

namespace Holdfast.Destinations;

/// <summary>
/// The identity of a destination: a small file in its root, so that neither an empty mount point nor another disk is mistaken for it.
/// <c>docs/format.md</c> specifies it. Listings omit it.
/// </summary>
public static class DestinationIdentity
{
    /// <summary>Name of the file.</summary>
    public const string FileName = ".holdfast-destination";

    /// <summary>Beginning of the names of files and folders in the root that a test of a destination writes and removes.</summary>
    public const string TestPrefix = ".holdfast-test-";

    /// <summary>Files that only the root of a destination contains: the identity, and the files for a restore without Holdfast.</summary>
    public static IReadOnlyList<string> RootFiles { get; } = [FileName, "HOW-TO-RESTORE.txt", "restore.py"];

    /// <summary>Maximum size of the file, in bytes; a larger one is damaged.</summary>
    public const int MaxBytes = 4096;

    private const int Format = 1;
    private const int IdLength = 32;

    /// <summary>Creates an identity: 32 lower-case hex digits.</summary>
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));

    /// <summary>Whether <paramref name="text"/> is a valid identity.</summary>
    public static bool IsId(string? text) => text?.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Creates the contents of the identity file.</summary>
    public static byte[] Write(string id) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["format"] = Format, ["id"] = id });

    /// <summary>Parses the identity file; null if it is damaged.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.DestinationIdentity"/> for a file from a newer Holdfast.</exception>
    public static string? Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var json = JsonDocument.Parse(file);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            if (!json.RootElement.TryGetProperty("format", out var format) || !format.TryGetInt32(out var number) || number < Format)
            {
                return null;
            }
            if (number > Format)
            {
                throw new HoldfastException(
                    ErrorCatalog.DestinationIdentity,
                    $"'{FileName}' has format {number}, which this version of Holdfast does not support.",
                    "Update Holdfast."
                );
            }
            return json.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String && IsId(id.GetString())
                ? id.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

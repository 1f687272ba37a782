using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Commands;

/// <summary>
/// Reads JSON files that operators write, with comments and trailing commas. They are sent to the server unchanged,
/// because only the server can report every error in them. They can contain keys, so no message repeats their contents.
/// </summary>
internal static class JsonInput
{
    private const int MaxBytes = 16 << 20;
    private const int MaxPrivateBytes = 1 << 20;

    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    /// <summary>Creates the option that names the file.</summary>
    public static Option<string> CreateOption(string what, bool required = true) =>
        new("--file", "-f")
        {
            Description = $"{what}; - is standard input.",
            HelpName = "FILE",
            Required = required,
        };

    /// <summary>Returns a string member of an object; null if there is none of this name.</summary>
    public static string? FindText(JsonObject document, string name) =>
        document[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Reads the object from a file that may contain secrets: only this user may have access to it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is, for messages, beginning with a capital.</param>
    public static JsonObject ReadPrivate(string path, string what)
    {
        try
        {
            return Parse(PrivateFile.Read(path, what, MaxPrivateBytes), path);
        }
        catch (JsonException e)
        {
            throw InvalidJson(path, e);
        }
    }

    /// <summary>Reads the object from a file.</summary>
    public static async Task<JsonObject> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = path == "-" ? Console.OpenStandardInput() : System.IO.File.OpenRead(path);
            var buffer = new MemoryStream();
            var block = new byte[64 << 10];
            for (int read; (read = await stream.ReadAsync(block, cancellationToken)) > 0; )
            {
                buffer.Write(block.AsSpan(0, read));
                if (buffer.Length > MaxBytes)
                {
                    throw new HoldfastException(
                        ErrorCatalog.Usage,
                        $"'{path}' is larger than {MaxBytes} bytes.",
                        "Check that it is the right file."
                    );
                }
            }

            return Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), path);
        }
        catch (JsonException e)
        {
            throw InvalidJson(path, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"'{path}' does not exist.", "Check its path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{path}' cannot be read: {e.Message}",
                "It must be a file that this user can read.",
                e
            );
        }
    }

    private static JsonObject Parse(ReadOnlySpan<byte> json, string path) =>
        JsonNode.Parse(json, documentOptions: DocumentOptions) as JsonObject
        ?? throw new HoldfastException(ErrorCatalog.Usage, $"'{path}' is not a JSON object.", "docs/cli.md has examples.");

    private static HoldfastException InvalidJson(string path, JsonException e) =>
        new(
            ErrorCatalog.Usage,
            $"'{path}' is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).",
            "docs/cli.md has examples.",
            e
        );
}

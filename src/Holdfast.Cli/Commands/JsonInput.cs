using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Core.Errors;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Cli.Commands;

/// <summary>
/// Reads documents that operators write; comments and trailing commas are allowed in them. They may hold keys: nothing
/// repeats what they say.
/// </summary>
internal static class JsonInput
{
    private const int MaxBytes = 16 << 20;

    private static readonly JsonDocumentOptions DocumentOptions = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    /// <summary>The option that names the file.</summary>
    public static Option<string> CreateOption(string what, bool required = true) =>
        new("--file", "-f")
        {
            Description = $"{what}; - is standard input.",
            HelpName = "FILE",
            Required = required,
        };

    /// <summary>The object in a file as a request of the API. A member that this version does not know is refused.</summary>
    public static async Task<T> ReadAsync<T>(string path, CancellationToken cancellationToken) =>
        Convert<T>(await ReadAsync(path, cancellationToken), where => new HoldfastException(
            ErrorCatalogue.Usage,
            $"'{path}'{(where.Length == 0 ? "" : $", {where},")} is unknown or invalid, or lacks a required member.",
            "The server's page /api lists names and types."
        ));

    /// <summary>An object as a request of the API.</summary>
    /// <param name="document">The object.</param>
    /// <param name="invalid">
    /// Makes the error; its parameter is the path of the invalid member, such as <c>retention.minimumAgeDays</c>.
    /// </param>
    public static T Convert<T>(JsonObject document, Func<string, HoldfastException> invalid)
    {
        try
        {
            return document.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException e)
        {
            throw invalid(e.Path?.TrimStart('$').TrimStart('.') ?? "");
        }
    }

    /// <summary>The object in a file.</summary>
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
                        ErrorCatalogue.Usage,
                        $"'{path}' is longer than {MaxBytes} bytes.",
                        "See that it is the right file."
                    );
                }
            }

            return JsonNode.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), documentOptions: DocumentOptions) as JsonObject
                ?? throw new HoldfastException(ErrorCatalogue.Usage, $"'{path}' is not a JSON object.", "docs/cli.md has examples.");
        }
        catch (JsonException e)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{path}' is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).",
                "docs/cli.md has examples.",
                e
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalogue.NotFound, $"'{path}' is not there.", "Check its path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"'{path}' cannot be read: {e.Message}",
                "It must be a file that this user may read.",
                e
            );
        }
    }
}

using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Server.Files;

namespace Holdfast.Server.Configuration;

/// <summary>
/// Reads <c>holdfast.json</c> and the environment variables that override it. Reports all errors at once, each with its
/// key.
/// </summary>
public static class ServerConfigLoader
{
    private const int MaxBytes = 4 << 20;

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the configuration.</summary>
    /// <param name="path">Path of the file; null to use only defaults and the environment.</param>
    /// <param name="dataFolder">The data folder of the server, which must not be inside a source.</param>
    /// <param name="environment">
    /// The environment variables: <c>HOLDFAST_NODE</c>, <c>HOLDFAST_LISTEN</c>, <c>HOLDFAST_LOCAL_ROOTS</c> (separated
    /// by colons); for settings in a section, names such as <c>HOLDFAST_LIMITS__RESTORES</c>. Sources and commands can
    /// only be set in the file.
    /// </param>
    /// <param name="engines">The factories that read the sources, one for each kind of engine.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.NotFound"/> if the file does not exist; otherwise <see cref="ErrorCatalog.Usage"/>
    /// with one line for each error.
    /// </exception>
    public static ServerConfig Load(
        string? path,
        string dataFolder,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyList<EngineFactory> engines
    )
    {
        using var document = path is null ? JsonDocument.Parse("{}") : Parse(path);
        var folder = path is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var reading = new ConfigReader(folder, environment, new(engines, RealPath.Of(dataFolder)));
        var config = reading.Read(document.RootElement);
        ConfigValidator.Validate(config, reading.Report);
        var errors = reading.Errors;
        if (errors.Count == 0)
        {
            return config;
        }
        var what = path is null ? "The configuration in the environment" : $"Configuration file '{path}'";
        throw new HoldfastException(
            ErrorCatalog.Usage,
            $"{what} has {errors.Count} error{(errors.Count == 1 ? "" : "s")}:{string.Concat(errors.Select(f => $"\n  {f}"))}",
            "Each line begins with the key of the setting. The schema is eng/holdfast.schema.json."
        );
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"Configuration file '{path}' is too large: {file.Length} bytes.",
                    $"The maximum is {MaxBytes} bytes."
                );
            }
            return JsonDocument.Parse(file, Json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"Configuration file '{path}' does not exist.", "Check --config.", e);
        }
        catch (JsonException e)
        {
            // The message of the parser could repeat contents of the file, such as secrets.
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"Configuration file '{path}' is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
                "Comments and trailing commas are allowed. A JSON checker shows the error."
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"Configuration file '{path}' cannot be read: {e.Message}",
                "It must be a file that this user can read.",
                e
            );
        }
    }
}

using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Engines;
using Holdfast.Server.Files;

namespace Holdfast.Server.Configuration;

/// <summary>Reads <c>holdfast.json</c> and what the environment puts over it. All faults are told at once, each with its key.</summary>
public static class ServerConfigLoader
{
    private const int MaxBytes = 4 << 20;

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the configuration.</summary>
    /// <param name="path">The file; null for defaults and the environment alone.</param>
    /// <param name="dataFolder">The server's own folder, which must not lie in a source.</param>
    /// <param name="environment">
    /// The variables: <c>HOLDFAST_NODE</c>, <c>HOLDFAST_LISTEN</c>, <c>HOLDFAST_LOCAL_ROOTS</c> (divided by colons),
    /// and <c>HOLDFAST_LIMITS__RESTORES</c> and its like for what stands in a section. Sources and commands are set in the
    /// file only.
    /// </param>
    /// <param name="engines">Read the sources, each those of its engine.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.NotFound"/> when there is no such file, else <see cref="ErrorCatalogue.Usage"/> with
    /// one line for each fault.
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
        var faults = reading.Faults;
        if (faults.Count == 0)
        {
            return config;
        }
        var what = path is null ? "The configuration in the environment" : $"Configuration file '{path}'";
        throw new HoldfastException(
            ErrorCatalogue.Usage,
            $"{what} has {faults.Count} fault{(faults.Count == 1 ? "" : "s")}:{string.Concat(faults.Select(f => $"\n  {f}"))}",
            "Each line begins with the key that it is about. The schema is eng/holdfast.schema.json."
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
                    ErrorCatalogue.Usage,
                    $"Configuration file '{path}' has {file.Length} bytes.",
                    $"At most {MaxBytes} are read."
                );
            }
            return JsonDocument.Parse(file, Json);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalogue.NotFound, $"Configuration file '{path}' is not there.", "Check --config.", e);
        }
        catch (JsonException e)
        {
            // The parser's own words can repeat what the file holds.
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"Configuration file '{path}' is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
                "Comments and trailing commas are allowed; what else is wrong, a JSON checker tells."
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"Configuration file '{path}' cannot be read: {e.Message}",
                "It must be a file that this user may read.",
                e
            );
        }
    }
}

using Holdfast.Server.Endpoints;
using Holdfast.Studio.Words;

namespace Holdfast.Studio.Pages.Manage;

/// <summary>Words about sources.</summary>
internal static class SourceWords
{
    /// <summary>A configuration that has one.</summary>
    public const string Example = """
        {
          "sources": [
            { "name": "shop", "engine": "sqlite", "path": "/srv/shop/data", "encrypted": ["*.enc.db"] }
          ]
        }
        """;

    /// <summary>What a look came to.</summary>
    public static string Found(SourceView source) => source.Problem is { } problem
        ? $"'{source.Name}' cannot be read: {problem.Message} {problem.Hint}".TrimEnd()
        : $"'{source.Name}': {Plural.Of(source.Databases, "database")} found.";
}

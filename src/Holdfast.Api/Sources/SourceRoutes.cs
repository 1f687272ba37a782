namespace Holdfast.Api.Sources;

/// <summary>Routes of sources.</summary>
public static class SourceRoutes
{
    /// <summary>All sources.</summary>
    public const string List = "/sources";

    /// <summary>Tests a definition that is not saved.</summary>
    public const string TestDefinition = "/sources/test";

    /// <summary>One source.</summary>
    public const string Item = "/sources/{name}";

    /// <summary>Files that the last discovery skipped.</summary>
    public const string SkippedFiles = "/sources/{name}/passed-over";

    /// <summary>Discovers the databases of a source.</summary>
    public const string Discover = "/sources/{name}/discover";

    /// <summary>Confirms the current identity and databases of a source.</summary>
    public const string Confirm = "/sources/{name}/confirm";

    /// <summary>Tests the connection to a source.</summary>
    public const string Test = "/sources/{name}/test";
}

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

    /// <summary>Discovers its databases.</summary>
    public const string Discover = "/sources/{name}/discover";

    /// <summary>Confirms its present identity and databases.</summary>
    public const string Confirm = "/sources/{name}/confirm";

    /// <summary>Tests its connection.</summary>
    public const string Test = "/sources/{name}/test";
}

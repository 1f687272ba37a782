namespace Holdfast.Api.Runs;

/// <summary>Routes of runs.</summary>
public static class RunRoutes
{
    /// <summary>All runs.</summary>
    public const string List = "/runs";

    /// <summary>One run.</summary>
    public const string Item = "/runs/{id}";

    /// <summary>Its databases.</summary>
    public const string Databases = "/runs/{id}/databases";

    /// <summary>Aborts it.</summary>
    public const string Abort = "/runs/{id}/abort";
}

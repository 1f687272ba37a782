namespace Holdfast.Core.Kinds;

/// <summary>Parts of a URL: <c>scheme://user@host:port,host2:port/path?option=value</c>.</summary>
public enum FormUrlPartType
{
    /// <summary>One or more hosts, separated by commas or spaces. A host can have a port of its own.</summary>
    Hosts,

    /// <summary>The port of all hosts that have none of their own.</summary>
    Port,

    /// <summary>The user.</summary>
    User,

    /// <summary>The path after the hosts, without its first slash.</summary>
    Path,

    /// <summary>An option of the query.</summary>
    Option,
}

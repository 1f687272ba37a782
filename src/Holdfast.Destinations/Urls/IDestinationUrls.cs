using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Urls;

/// <summary>
/// URLs of a kind of destination, for programs that work without a server: what a URL says of a definition, and what the environment adds.
/// </summary>
public interface IDestinationUrls
{
    /// <summary>The scheme, in lower case.</summary>
    string Scheme { get; }

    /// <summary>A URL, for help and hints.</summary>
    string Example { get; }

    /// <summary>Splits a URL. Does no I/O.</summary>
    /// <param name="url">A URL with the <see cref="Scheme"/>. Nothing in it is percent-decoded.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Usage"/> if it is not valid; never repeats credentials.</exception>
    DestinationUrl Parse(string url);

    /// <summary>Reads the settings that the usual variables of the environment give, secrets included.</summary>
    /// <param name="find">Returns the value of a variable; null if it is not set.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/> with the names of the variables if credentials are missing, or a file that one names cannot be
    /// read.
    /// </exception>
    EnvironmentSettings ReadEnvironment(Func<string, string?> find);

    /// <summary>The location that settings define, for people: the URL, and where the store is.</summary>
    /// <param name="find">Returns a setting; null if there is none.</param>
    string Describe(Func<string, string?> find);
}

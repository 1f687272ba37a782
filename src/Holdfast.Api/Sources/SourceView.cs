using Holdfast.Core.Operations;

namespace Holdfast.Api.Sources;

/// <summary>A source as the API shows it.</summary>
/// <param name="Name">Name of the source.</param>
/// <param name="Engine">Engine of the source.</param>
/// <param name="Databases">Number of databases that the last discovery found.</param>
/// <param name="LastDiscovery">When the last discovery ended; null before the first.</param>
/// <param name="Problem">
/// Why the source cannot be read or is not used, or what is wrong with its databases as a whole; null if there is no
/// problem.
/// </param>
public sealed record SourceView(string Name, string Engine, int Databases, DateTimeOffset? LastDiscovery, OperationError? Problem)
{
    /// <summary>What distinguishes the source from every other; null if nothing does, or before the first discovery.</summary>
    public string? Identity { get; init; }

    /// <summary>Whether the identity is only the location of the directory, where another directory could be placed.</summary>
    public bool IsIdentityWeak { get; init; }

    /// <summary>Number of missing databases: so many disappeared at once that they are not assumed to have been dropped.</summary>
    public int Missing { get; init; }

    /// <summary>
    /// Whether an operator has to confirm the source, because its identity has changed or too many databases have
    /// disappeared.
    /// </summary>
    public bool NeedsConfirmation { get; init; }

    /// <summary>When the discovery that is in progress started; null if there is none.</summary>
    public DateTimeOffset? DiscoveryStarted { get; init; }

    /// <summary>
    /// Number of files that the last discovery skipped, without those that belong to databases or to Holdfast.
    /// <c>/sources/{name}/passed-over</c> lists them.
    /// </summary>
    public int PassedOver { get; init; }

    /// <summary>The definition, if the source was defined over the API; null if it is in the configuration of the server.</summary>
    public SourceDefinitionView? Definition { get; init; }
}

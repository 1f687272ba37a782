using Holdfast.Core.Operations;

namespace Holdfast.Api.Sources;

/// <summary>A source as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="Databases">Databases that were found last.</param>
/// <param name="LastDiscovery">When it was looked at last; null before the first time.</param>
/// <param name="Problem">
/// Why it could not be read, or is not used, or what is the matter with its databases as a whole; null where nothing
/// is.
/// </param>
public sealed record SourceView(string Name, string Engine, int Databases, DateTimeOffset? LastDiscovery, OperationError? Problem)
{
    /// <summary>What tells it from every other; null where nothing does, or it was not looked at yet.</summary>
    public string? Identity { get; init; }

    /// <summary>Whether that is only the place of the directory, which another could take.</summary>
    public bool IsIdentityWeak { get; init; }

    /// <summary>Databases that are missing: lost with so many others that nobody takes them for dropped.</summary>
    public int Missing { get; init; }

    /// <summary>Whether the source has another identity, or has lost so many databases, that an operator has to confirm it.</summary>
    public bool NeedsConfirmation { get; init; }

    /// <summary>When the look began that is under way; null while none is.</summary>
    public DateTimeOffset? DiscoveryStarted { get; init; }

    /// <summary>
    /// Files that were left out when it was looked at last, those that belong to databases or to Holdfast not counted:
    /// see <c>/sources/{name}/passed-over</c>.
    /// </summary>
    public int PassedOver { get; init; }

    /// <summary>How it was defined, where that was over the API; null for one of the server's configuration.</summary>
    public SourceDefinitionView? Definition { get; init; }
}

using Holdfast.Core.Operations;

namespace Holdfast.Server.Endpoints;

/// <summary>A source as the API shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Engine">Its engine.</param>
/// <param name="Databases">Databases that were found last.</param>
/// <param name="LastLook">When it was looked at last; null before the first time.</param>
/// <param name="Problem">Why it could not be read; null where it could.</param>
public sealed record SourceView(string Name, string Engine, int Databases, DateTimeOffset? LastLook, OperationError? Problem)
{
    /// <summary>How it was defined, where that was over the API; null for one of the server's configuration.</summary>
    public SourceDefinitionView? Definition { get; init; }
}

using Holdfast.Core.Protection;

namespace Holdfast.Api.Databases;

/// <summary>What the state of a database can be.</summary>
public static class DatabaseStates
{
    /// <summary>All, the most urgent first.</summary>
    public static readonly IReadOnlyList<string> All = Enum.GetNames<ProtectionState>();
}

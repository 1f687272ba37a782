using Holdfast.Core.Protection;

namespace Holdfast.Api.Databases;

/// <summary>The states of a database.</summary>
public static class DatabaseStates
{
    /// <summary>All states, most urgent first.</summary>
    public static readonly IReadOnlyList<string> All = Enum.GetNames<ProtectionState>();
}

using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Runs;

/// <summary>What became of one database in a run.</summary>
/// <param name="Database">Its id.</param>
/// <param name="State">
/// The state of its newest operation there, <c>Missed</c> where its slot passed without one, <c>Due</c> where it has
/// yet to begin.
/// </param>
/// <param name="Operation">That operation; null for none, or where it is no longer known.</param>
public sealed record RunDatabase(string Database, string State, Operation? Operation)
{
    internal static RunDatabase Of(DatabaseId database, Operation? operation, bool isTooLate) =>
        new(database.ToString(), operation?.State.ToString() ?? (isTooLate ? "Missed" : "Due"), operation);
}

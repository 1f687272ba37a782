using Holdfast.Core.Databases;
using Holdfast.Core.Operations;

namespace Holdfast.Node.Runs;

/// <summary>One database in a run.</summary>
/// <param name="Database">Its id.</param>
/// <param name="State">
/// State of its newest operation in the run; <c>Missed</c> if its slot passed without one, <c>Due</c> if it has yet to start.
/// </param>
/// <param name="Operation">That operation; null if there is none, or it is no longer known.</param>
public sealed record RunDatabase(string Database, string State, Operation? Operation)
{
    internal static RunDatabase Of(DatabaseId database, Operation? operation, bool isTooLate) =>
        new(database.ToString(), operation?.State.ToString() ?? (isTooLate ? "Missed" : "Due"), operation);
}

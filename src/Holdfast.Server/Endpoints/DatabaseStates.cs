namespace Holdfast.Server.Endpoints;

/// <summary>What the state of a database can be.</summary>
public static class DatabaseStates
{
    /// <summary>All, the most urgent first.</summary>
    public static readonly IReadOnlyList<string> All = ["Uncovered", "Failing", "Overdue", "Unreadable", "Waiting", "Covered", "Dropped"];

    /// <summary>Its place among them.</summary>
    internal static int Urgency(string state)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (All[i] == state) return i;
        }

        return All.Count;
    }
}

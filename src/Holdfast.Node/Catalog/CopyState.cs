namespace Holdfast.Node.Catalog;

/// <summary>State of one archive at one destination. Stored as a number: append new values at the end.</summary>
public enum CopyState
{
    /// <summary>The copy exists and has no known problem.</summary>
    Whole = 0,

    /// <summary>
    /// The archive exists, but its index is missing or damaged: it can be restored, but its chain cannot be extended from here.
    /// </summary>
    WithoutIndex = 1,

    /// <summary>A listing did not contain it, or contained it with another length.</summary>
    Missing = 2,

    /// <summary>It was read and differs from what was written.</summary>
    Damaged = 3,
}

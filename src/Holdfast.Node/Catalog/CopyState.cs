namespace Holdfast.Node.Catalog;

/// <summary>What is known of one archive at one destination. Stored as a number: new ones come at the end.</summary>
public enum CopyState
{
    /// <summary>It is there, and nothing is known to be wrong with it.</summary>
    Whole = 0,

    /// <summary>
    /// The archive is there, its index is missing or damaged: it can be restored, and its chain cannot be extended from
    /// here.
    /// </summary>
    WithoutIndex = 1,

    /// <summary>A listing did not have it, or had it with another length.</summary>
    Missing = 2,

    /// <summary>It was read, and is not what was written.</summary>
    Damaged = 3,
}

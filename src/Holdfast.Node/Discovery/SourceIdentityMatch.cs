namespace Holdfast.Node.Discovery;

/// <summary>What the identity of a source says, held against what is known by its name.</summary>
internal enum SourceIdentityMatch
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>It is the one that is known.</summary>
    Match,

    /// <summary>It has lost its identity. Its place says whether it is the same.</summary>
    IdentityLost,

    /// <summary>It is another.</summary>
    Mismatch,
}

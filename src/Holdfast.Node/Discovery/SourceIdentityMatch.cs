namespace Holdfast.Node.Discovery;

/// <summary>Result of comparing a source with what is known by its name.</summary>
internal enum SourceIdentityMatch
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>It is the known source.</summary>
    Match,

    /// <summary>It has lost its identity. Its location determines whether it is the known source.</summary>
    IdentityLost,

    /// <summary>It is another source.</summary>
    Mismatch,
}

namespace Holdfast.Node.Discovery;

/// <summary>What the identity of a source says, held against what is known by its name.</summary>
internal enum SourceVerdict
{
    /// <summary>Nothing is known yet.</summary>
    Unknown,

    /// <summary>It is the one that is known.</summary>
    Same,

    /// <summary>It has lost its identity. Its place says whether it is the same.</summary>
    Lost,

    /// <summary>It is another.</summary>
    Other,
}

namespace Holdfast.Node.Backups.Outputs;

/// <summary>The files that a backup writes.</summary>
internal enum OutputFile
{
    /// <summary>The archive.</summary>
    Archive,

    /// <summary>Its index.</summary>
    Index,
}

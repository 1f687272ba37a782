namespace Holdfast.Node.Backups.Outputs;

/// <summary>What the backups of a node share to keep bytes that destinations have not written yet.</summary>
/// <param name="Memory">The memory.</param>
/// <param name="Spool">The spool.</param>
public sealed record OutputResources(OutputMemory Memory, SpoolSpace Spool)
{
    /// <summary>Maximum bytes in memory that one backup keeps for one destination; beyond, they go to the spool.</summary>
    public const int MaxQueuedBytes = 16 << 20;

    /// <summary>Creates the resources.</summary>
    /// <param name="spoolFolder">Folder of the spool; null for the folder for temporary files.</param>
    /// <param name="spoolMaxBytes">Maximum size of the spool; see <see cref="SpoolSpace"/>.</param>
    public static OutputResources Create(string? spoolFolder = null, long? spoolMaxBytes = null) =>
        new(new(OutputMemory.DefaultBytes), new(spoolFolder ?? FindTemporaryFolder(), spoolMaxBytes));

    // /tmp may be in memory
    private static string FindTemporaryFolder() => Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } set ? set : "/var/tmp";
}

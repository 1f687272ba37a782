namespace Holdfast.Api.Backups;

/// <summary>An archive of a chain, as its file name describes it.</summary>
/// <param name="From">How to address it, as a restore point.</param>
/// <param name="Name">Its file name, which is the same at every destination.</param>
/// <param name="Time">When the backup began.</param>
/// <param name="Kind"><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</param>
/// <param name="Bytes">Size of the file, in bytes.</param>
/// <param name="NeedsKey">Whether the file is encrypted.</param>
public sealed record ArchiveView(string From, string Name, DateTimeOffset Time, string Kind, long Bytes, bool NeedsKey);

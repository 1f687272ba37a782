namespace Holdfast.Api.Backups;

/// <summary>An archive of a chain, by its name.</summary>
/// <param name="From">How it is asked for, as a restore point.</param>
/// <param name="Name">Its file name: the same at every destination.</param>
/// <param name="Time">When the backup began.</param>
/// <param name="Kind"><c>FullBackup</c>, <c>IncrementalBackup</c>, <c>Snapshot</c> or <c>EncryptedSnapshot</c>.</param>
/// <param name="Bytes">Bytes of the file.</param>
/// <param name="NeedsKey">Whether the file is encrypted.</param>
public sealed record ArchiveView(string From, string Name, DateTimeOffset Time, string Kind, long Bytes, bool NeedsKey);

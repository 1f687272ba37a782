using Holdfast.Core.Encryption;

namespace Holdfast.Api.Tasks;

/// <summary>How the archives of a task are actually encrypted.</summary>
/// <param name="Mode">How they are encrypted.</param>
/// <param name="Reason">Why they are encrypted in this way.</param>
public sealed record TaskEncryptionView(ArchiveEncryption Mode, string Reason);

using Holdfast.Core.Encryption;

namespace Holdfast.Api.Tasks;

/// <summary>What a task's archives are encrypted with, really.</summary>
/// <param name="Mode">What protects them.</param>
/// <param name="Reason">Why.</param>
public sealed record TaskEncryptionView(ArchiveEncryption Mode, string Reason);

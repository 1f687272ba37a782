namespace Holdfast.Api.Backups;

/// <summary>Owner and mode of a file.</summary>
/// <param name="Mode">Permissions in octal: <c>0640</c>.</param>
/// <param name="User">Its owner.</param>
/// <param name="Group">Its group.</param>
public sealed record FileView(string Mode, string User, string Group);

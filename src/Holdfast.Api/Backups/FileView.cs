namespace Holdfast.Api.Backups;

/// <summary>Owner and permissions of a file.</summary>
/// <param name="Mode">Permissions in octal: <c>0640</c>.</param>
/// <param name="User">Name of the owner.</param>
/// <param name="Group">Name of the group.</param>
public sealed record FileView(string Mode, string User, string Group);

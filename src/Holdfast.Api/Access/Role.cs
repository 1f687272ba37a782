namespace Holdfast.Api.Access;

/// <summary>What a user or token may do. Each role includes the rights of the roles before it.</summary>
public enum Role
{
    /// <summary>Can read everything except secrets.</summary>
    Viewer,

    /// <summary>Can define and run backups and restores of every database.</summary>
    Operator,

    /// <summary>Can manage users, tokens and keys.</summary>
    Admin,
}

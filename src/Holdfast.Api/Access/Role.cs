namespace Holdfast.Api.Access;

/// <summary>What somebody may do; each role may do what those before it may.</summary>
public enum Role
{
    /// <summary>Looks at everything that is no secret.</summary>
    Viewer,

    /// <summary>Defines and runs backups and restores, of every database.</summary>
    Operator,

    /// <summary>Manages users, tokens and keys.</summary>
    Admin,
}

namespace Holdfast.Engines.Restores;

/// <summary>
/// What a restore does if the grants and policies of a backup name roles that the target server does not have.
/// </summary>
public enum MissingRoles
{
    /// <summary>It fails before it creates anything, and lists them with the SQL that creates them.</summary>
    Refuse,

    /// <summary>It skips the grants and policies that name them, and reports them.</summary>
    Skip,

    /// <summary>It creates them, without LOGIN.</summary>
    Create,
}

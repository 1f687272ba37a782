namespace Holdfast.Engines.PostgreSql;

/// <summary>What a restore does where a backup's grants and policies name roles that the target does not have.</summary>
public enum MissingRoles
{
    /// <summary>It stops before anything is made, and lists them with the SQL that makes them.</summary>
    Refuse,

    /// <summary>It leaves out the grants and policies that name them, and says so.</summary>
    Skip,

    /// <summary>It makes them, without the right to log in.</summary>
    Create,
}

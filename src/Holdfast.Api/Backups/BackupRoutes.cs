namespace Holdfast.Api.Backups;

/// <summary>Routes of stored backups.</summary>
public static class BackupRoutes
{
    /// <summary>Restore points.</summary>
    public const string Points = "/backups";

    /// <summary>Chains.</summary>
    public const string Chains = "/backups/chains";

    /// <summary>Removes a chain.</summary>
    public const string RemoveChain = "/backups/chains/remove";

    /// <summary>Databases that have backups.</summary>
    public const string Databases = "/backups/databases";

    /// <summary>Checks whether a restore point can be read.</summary>
    public const string Check = "/backups/check";

    /// <summary>Verifies chains.</summary>
    public const string Verify = "/backups/verify";

    /// <summary>Restores a restore point.</summary>
    public const string Restores = "/restores";
}

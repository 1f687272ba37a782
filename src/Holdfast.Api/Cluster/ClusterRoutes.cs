namespace Holdfast.Api.Cluster;

/// <summary>Routes of the cluster.</summary>
public static class ClusterRoutes
{
    /// <summary>Its nodes.</summary>
    public const string Cluster = "/cluster";
}

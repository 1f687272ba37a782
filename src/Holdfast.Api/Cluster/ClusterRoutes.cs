namespace Holdfast.Api.Cluster;

/// <summary>Routes of the cluster.</summary>
public static class ClusterRoutes
{
    /// <summary>The nodes.</summary>
    public const string Cluster = "/cluster";
}

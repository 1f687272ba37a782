using Holdfast.Engines.PostgreSql.Tests.Servers;

// One server serves all tests, and many of them look at all of its databases.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Cluster))]

using System.Runtime.CompilerServices;
using Holdfast.Engines.PostgreSql.Tests.Servers;

// One server serves all tests, and many tests list all of its databases.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Cluster))]

namespace Holdfast.Engines.PostgreSql.Tests;

internal static class AssemblySetup
{
    // Tests check what is left in the folder of temporary files, which other tests use too, so this assembly has its
    // own.
    [ModuleInitializer]
    internal static void MakeTemporaryFolder()
    {
        var folder = Directory.CreateTempSubdirectory("hf-pg-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b001_111_111_111); // the servers run as another user
        Environment.SetEnvironmentVariable("TMPDIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}

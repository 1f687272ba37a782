using System.Runtime.CompilerServices;
using Holdfast.Engines.PostgreSql.Tests.Servers;

// One server serves all tests, and many of them look at all of its databases.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Cluster))]

namespace Holdfast.Engines.PostgreSql.Tests;

internal static class AssemblySetup
{
    // Tests look at what is left in the folder of temporary files, where other tests work too: these have one of their own.
    [ModuleInitializer]
    internal static void MakeTemporaryFolder()
    {
        var folder = Directory.CreateTempSubdirectory("hf-pg-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b001_111_111_111); // servers run as another user
        Environment.SetEnvironmentVariable("TMPDIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}

using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>Runs an action as a user who is subject to file permissions, even if the tests run as root.</summary>
internal static partial class OrdinaryUser
{
    private const uint Nobody = 65534;

    /// <summary>Runs it on a separate thread, because the effective user for file access is per thread.</summary>
    public static T Run<T>(Func<T> action)
    {
        var (result, failure) = (default(T), (ExceptionDispatchInfo?)null);
        var thread = new Thread(() =>
        {
            if (Environment.IsPrivilegedProcess)
            {
                _ = setfsgid(Nobody);
                _ = setfsuid(Nobody); // also drops the capabilities that bypass permissions
            }

            try
            {
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);

    [LibraryImport("libc")]
    private static partial int setfsgid(uint group);
}

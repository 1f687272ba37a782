using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>Does something as a user whom permissions of files stop, also where the tests run as root.</summary>
internal static partial class OrdinaryUser
{
    private const uint Nobody = 65534;

    /// <summary>Runs it on a thread of its own, for whom the system checks files is a matter of each thread.</summary>
    public static T Run<T>(Func<T> action)
    {
        var (result, failure) = (default(T), (ExceptionDispatchInfo?)null);
        var thread = new Thread(() =>
        {
            if (Environment.IsPrivilegedProcess)
            {
                _ = setfsgid(Nobody);
                _ = setfsuid(Nobody); // takes the capabilities that pass over permissions with it
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

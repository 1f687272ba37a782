using System.Diagnostics;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.State.Embedded;

namespace Holdfast.State.Tests;

/// <summary>
/// This test program as a second process, which commits numbered transactions to a store and reports the acknowledged ones until it is
/// killed.
/// </summary>
public sealed class Writer : IDisposable
{
    /// <summary>Keys of one transaction.</summary>
    public const int Keys = 3;

    private const string File = "HOLDFAST_TEST_STATE_FILE",
        Said = "HOLDFAST_TEST_STATE_SAID",
        First = "HOLDFAST_TEST_STATE_FIRST";
    private const int Tasks = 8;

    private readonly string _output;

    private Writer(Process process, string output) => (Process, _output) = (process, output);

    /// <summary>The process.</summary>
    public Process Process { get; }

    /// <summary>Starts a process.</summary>
    /// <param name="file">The store's file.</param>
    /// <param name="output">The file to which it writes a line for each acknowledged transaction.</param>
    /// <param name="first">Number of its first transaction.</param>
    public static Writer Start(string file, string output, int first = 0)
    {
        System.IO.File.WriteAllText(output, "");
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["-explicit", "only", "-method", $"{typeof(WriterProcess).FullName}.{nameof(WriterProcess.Write)}"]
        )
        {
            RedirectStandardOutput = true,
        };
        start.Environment[File] = file;
        start.Environment[Said] = output;
        start.Environment[First] = $"{first}";
        return new(Process.Start(start)!, output);
    }

    /// <summary>Returns the lines that it has written.</summary>
    public async Task<string[]> ReadOutputAsync() =>
        (await System.IO.File.ReadAllTextAsync(_output)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }
        Process.WaitForExit();
        Process.Dispose();
    }

    /// <summary>The work of the other process.</summary>
    internal static async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        await using var output = new FileStream(
            Environment.GetEnvironmentVariable(Said)!,
            FileMode.Append,
            FileAccess.Write,
            FileShare.ReadWrite,
            bufferSize: 0
        );
        EmbeddedStateStore store;
        try
        {
            store = await EmbeddedStateStore.OpenAsync(Environment.GetEnvironmentVariable(File)!, time, cancellationToken);
        }
        catch (HoldfastException e)
        {
            output.Write(Encoding.ASCII.GetBytes($"refused {e.Error.Code}\n"));
            return;
        }

        var last = int.Parse(Environment.GetEnvironmentVariable(First)!) - 1;
        await using var lease = await store.GrantLeaseAsync(TimeSpan.FromMinutes(1), cancellationToken);
        await Task.WhenAll(
            Enumerable
                .Range(0, Tasks)
                .Select(task =>
                    Task.Run(
                        async () =>
                        {
                            while (true)
                            {
                                var number = Interlocked.Increment(ref last);
                                var commit = await store.CommitAsync(
                                    new()
                                    {
                                        Conditions = [new($"t/{number}/0", 0)],
                                        Changes =
                                        [
                                            .. Enumerable
                                                .Range(0, Keys)
                                                .Select(k => new StateChange($"t/{number}/{k}", new byte[10 + (number * 997 % 6000)])),
                                            new($"leased/{task}", new byte[1], lease.Id),
                                            new($"t/{number - 1000}/0", null),
                                            new($"t/{number - 1000}/1", null),
                                            new($"t/{number - 1000}/2", null),
                                        ],
                                    },
                                    cancellationToken
                                );
                                if (!commit.Applied)
                                {
                                    throw new InvalidOperationException($"{number} was there already");
                                }
                                lock (output)
                                {
                                    output.Write(Encoding.ASCII.GetBytes($"{number}\n"));
                                }
                            }
                        },
                        cancellationToken
                    )
                )
        );
    }
}

using System.Diagnostics;
using System.Text;
using Holdfast.Core.Errors;
using Holdfast.State.Embedded;

namespace Holdfast.State.Tests;

/// <summary>
/// This program again as another process, which commits numbered transactions to a store and says which ones were
/// acknowledged, until it is killed.
/// </summary>
public sealed class Writer : IDisposable
{
    /// <summary>Keys of one transaction.</summary>
    public const int Keys = 3;

    private const string File = "HOLDFAST_TEST_STATE_FILE",
        Said = "HOLDFAST_TEST_STATE_SAID",
        First = "HOLDFAST_TEST_STATE_FIRST";
    private const int Tasks = 8;

    private readonly string _said;

    private Writer(Process process, string said) => (Process, _said) = (process, said);

    /// <summary>The process.</summary>
    public Process Process { get; }

    /// <summary>Starts one.</summary>
    /// <param name="file">The store's file.</param>
    /// <param name="said">The file that it writes what was acknowledged to, a line each.</param>
    /// <param name="first">Number of its first transaction.</param>
    public static Writer Start(string file, string said, int first = 0)
    {
        System.IO.File.WriteAllText(said, "");
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["-explicit", "only", "-method", $"{typeof(WriterProcess).FullName}.{nameof(WriterProcess.Write)}"]
        )
        {
            RedirectStandardOutput = true,
        };
        start.Environment[File] = file;
        start.Environment[Said] = said;
        start.Environment[First] = $"{first}";
        return new(Process.Start(start)!, said);
    }

    /// <summary>What it has said.</summary>
    public async Task<string[]> SaidAsync() =>
        (await System.IO.File.ReadAllTextAsync(_said)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }
        Process.WaitForExit();
        Process.Dispose();
    }

    /// <summary>What the other process does.</summary>
    internal static async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        await using var said = new FileStream(
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
            said.Write(Encoding.ASCII.GetBytes($"refused {e.Error.Code}\n"));
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
                                lock (said)
                                {
                                    said.Write(Encoding.ASCII.GetBytes($"{number}\n"));
                                }
                            }
                        },
                        cancellationToken
                    )
                )
        );
    }
}

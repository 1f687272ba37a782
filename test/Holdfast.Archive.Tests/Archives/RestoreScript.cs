using System.Diagnostics;
using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Tasks;

namespace Holdfast.Archive.Tests.Archives;

/// <summary>A backup destination in a temporary folder, and the programs for a restore without Holdfast.</summary>
internal sealed class RestoreScript : IDisposable
{
    private static readonly DateTime Time = new(2026, 11, 23, 10, 0, 0);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("holdfast-restore-");

    public static string ScriptPath => Path.Combine(RepositoryRoot.Folder, "eng", "restore.py");

    public string Root => PathOf("root");

    public string ChainFolder { get; private set; } = "";

    public List<string> Archives { get; } = [];

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>
    /// Writes a chain as a destination stores it, with an index for each archive and one archive that is still being written.
    /// </summary>
    public void Write(Chain chain, string form, bool isEncrypted = false, bool isClockBackwards = false)
    {
        ChainFolder = Path.Combine(Root, "local", "shop", $"{Name(0)}.A-{(form == "snapshot" ? "snapshot" : "backup")}");
        Directory.CreateDirectory(ChainFolder);
        Archives.Clear();
        for (var i = 0; i < chain.Archives.Count; i++)
        {
            var time = isClockBackwards ? Time.AddMinutes(-i) : Time.AddHours(i);
            var name = $"{time:yyyy-MM-dd-HH-mm-ss}.{(i == 0 ? form : "incremental-backup")}";
            Archives.Add(Path.Combine(ChainFolder, $"{name}.tar.zst{(isEncrypted ? ".age" : "")}"));
            File.WriteAllBytes(Archives[i], chain.Archives[i]);
            File.WriteAllBytes(Path.Combine(ChainFolder, $"{name}.index"), chain.Indexes[i]);
        }

        File.WriteAllBytes(Path.Combine(ChainFolder, $"{Name(1000)}.incremental-backup.tar.zst.partial"), chain.Archives[^1][..100]);
    }

    public string WriteKey(string name, AgeIdentity identity)
    {
        KeyFile.Write(PathOf(name), identity, DateTimeOffset.UnixEpoch);
        return PathOf(name);
    }

    /// <summary>Creates a chain of images with one byte changed from point to point.</summary>
    public static async Task<(Chain Chain, List<byte[]> Points)> ImagesAsync(int archives, int seed = 3)
    {
        var random = new Random(seed);
        var chain = new Chain(BackupType.Snapshot);
        var points = new List<byte[]>();
        var image = new byte[100 * 4096];
        random.NextBytes(image);
        for (var point = 0; point < archives; point++)
        {
            points.Add([.. image]);
            await chain.AddImageAsync(image, 4096);
            image[random.Next(image.Length)]++;
        }

        return (chain, points);
    }

    /// <summary>Creates a chain for several recipients, and the script's arguments for the key of the last one.</summary>
    public (Chain Chain, string[] Key) Protected(BackupType type, int recipients)
    {
        if (recipients == 0)
        {
            return (new(type), []);
        }
        AgeIdentity[] identities = [.. Enumerable.Range(0, recipients).Select(_ => AgeIdentity.Generate())];
        var key = WriteKey($"key-{type}", identities[^1]);
        return (
            new(type, AgeProtection.ToRecipients([.. identities.Select(identity => identity.Recipient)]), AgeKeys.None.Add(identities[0])),
            ["-i", key]
        );
    }

    public byte[] Output(string folder, string item) => File.ReadAllBytes(Path.Combine(PathOf(folder), item));

    public async Task<string> RestoreAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync("python3", [ScriptPath, .. arguments]);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {output}{errors}");
        return output;
    }

    /// <summary>Runs the script where it must refuse: the message is one line, and the output folder stays empty.</summary>
    public async Task<string> RefusalAsync(string output, params string[] arguments)
    {
        string[] Files() => Directory.Exists(PathOf(output)) ? Directory.GetFiles(PathOf(output)) : [];
        var before = Files();
        var (code, _, errors) = await RunAsync("python3", [ScriptPath, .. arguments, PathOf(output)]);
        Assert.NotEqual(0, code);
        Assert.DoesNotContain("Traceback", errors);
        Assert.Equal(before, Files());
        var line = errors.TrimEnd().Split('\n')[^1];
        Assert.StartsWith("Not restored", line);
        return line;
    }

    /// <summary>Runs a program and types input: at once, or when prompted.</summary>
    public async Task<(int Code, string Output, string Errors)> RunAsync(
        string program,
        string[] arguments,
        string typed = "",
        string question = ""
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory.FullName,
        };
        using var process = Process.Start(start)!;
        var token = TestContext.Current.CancellationToken;
        var errors = process.StandardError.ReadToEndAsync(token);
        var (output, buffer, hasTyped) = (new StringBuilder(), new char[4096], false);
        int count;
        do
        {
            if (!hasTyped && output.ToString().Contains(question))
            {
                await process.StandardInput.WriteAsync(typed);
                await process.StandardInput.FlushAsync(token);
                if (question == "")
                {
                    process.StandardInput.Close();
                }
                hasTyped = true;
            }

            count = await process.StandardOutput.ReadAsync(buffer, token);
            output.Append(buffer, 0, count);
        } while (count > 0);
        await process.WaitForExitAsync(token);
        return (process.ExitCode, output.ToString(), await errors);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static string Name(int number) => $"{Time.AddHours(number):yyyy-MM-dd-HH-mm-ss}";
}

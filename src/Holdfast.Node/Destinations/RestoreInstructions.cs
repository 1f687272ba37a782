using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;
using Holdfast.Destinations;
using Holdfast.Node.Catalog.Storage;

namespace Holdfast.Node.Destinations;

/// <summary>Writes instructions and a script to the root of a destination, which allow a restore without Holdfast.</summary>
public static partial class RestoreInstructions
{
    private const string Script = "restore.py";
    private const int HeadBytes = 4096;
    private const int FirstVersion = 1; // did not contain a version yet

    private static readonly string[] Files = ["HOW-TO-RESTORE.txt", Script];

    /// <summary>
    /// Writes the files if they are missing, and replaces the script if it is older than this program's. Other files stay
    /// unchanged.
    /// </summary>
    public static async Task EnsureAsync(IDestination destination, CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in destination.ListAsync("", cancellationToken))
        {
            present.Add(entry.Name);
        }
        // A destination that forbids deletions keeps the old script, which restores what it did.
        if (
            present.Contains(Script)
            && await IsOlderAsync(destination, cancellationToken)
            && await LeftoverCleaner.TryRemoveAsync(destination, Script, cancellationToken)
        )
        {
            present.Remove(Script);
        }

        foreach (var file in Files.Where(f => !present.Contains(f)))
        {
            try
            {
                // A file that cannot be removed is being written by another backup.
                if (
                    present.Contains($"{file}.partial")
                    && !await LeftoverCleaner.TryRemoveAsync(destination, $"{file}.partial", cancellationToken)
                )
                {
                    continue;
                }
                await using var upload = await destination.BeginUploadAsync(file, cancellationToken);
                await upload.WriteAsync(await ReadAsync(file, cancellationToken), cancellationToken);
                await destination.PublishAsync([upload], cancellationToken);
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.TargetExists)
            {
                // Another backup to the same destination was faster.
            }
        }
    }

    /// <summary>Removes incomplete files that a crash left; the next backup writes them again.</summary>
    public static async Task CleanAsync(IDestination destination, CancellationToken cancellationToken)
    {
        var partials = Files.Select(f => $"{f}.partial").ToHashSet(StringComparer.Ordinal);
        var left = new List<string>();
        await foreach (var entry in destination.ListAsync("", cancellationToken))
        {
            if (partials.Contains(entry.Name))
            {
                left.Add(entry.Name);
            }
        }

        foreach (var partial in left)
        {
            await LeftoverCleaner.TryRemoveAsync(destination, partial, cancellationToken);
        }
    }

    /// <summary>The version in a script.</summary>
    internal static int VersionOf(ReadOnlySpan<byte> script)
    {
        var line = VersionLine().Match(System.Text.Encoding.UTF8.GetString(script[..Math.Min(script.Length, HeadBytes)]));
        return line.Success && int.TryParse(line.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : FirstVersion;
    }

    [GeneratedRegex(@"^VERSION = (\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex VersionLine();

    private static async Task<bool> IsOlderAsync(IDestination destination, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = await destination.OpenAsync(Script, cancellationToken);
            var head = new byte[(int)Math.Min(file.Length, HeadBytes)];
            await file.ReadAsync(0, head, cancellationToken);
            return VersionOf(head) < VersionOf(await ReadAsync(Script, cancellationToken));
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalog.NotFound)
        {
            return false; // another backup to the same destination is replacing it
        }
    }

    private static async Task<byte[]> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var resource = typeof(RestoreInstructions).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not in the program.");
        using var bytes = new MemoryStream();
        await resource.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}

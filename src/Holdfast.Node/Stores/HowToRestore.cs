using Holdfast.Core.Errors;
using Holdfast.Destinations;

namespace Holdfast.Node.Stores;

/// <summary>Puts what a person without Holdfast needs into the root of a destination: the instructions and the script that they use.</summary>
public static class HowToRestore
{
    private static readonly string[] Files = ["HOW-TO-RESTORE.txt", "restore.py"];

    /// <summary>Writes the files where they are missing. Ones that are there are left as they are.</summary>
    public static async Task EnsureAsync(IDestination destination, CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in destination.ListAsync("", cancellationToken)) present.Add(entry.Name);
        foreach (var file in Files.Where(f => !present.Contains(f)))
        {
            try
            {
                // One that cannot be removed is being written by another backup right now.
                if (present.Contains($"{file}.partial") && !await Leftovers.TryRemoveAsync(destination, $"{file}.partial", cancellationToken)) continue;
                await using var upload = await destination.BeginUploadAsync(file, cancellationToken);
                await upload.WriteAsync(await ReadAsync(file, cancellationToken), cancellationToken);
                await destination.PublishAsync([upload], cancellationToken);
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.TargetExists)
            {
                // Another backup to the same destination was quicker.
            }
        }
    }

    /// <summary>Removes what a crash left half written; the next backup writes it.</summary>
    public static async Task CleanAsync(IDestination destination, CancellationToken cancellationToken)
    {
        var partials = Files.Select(f => $"{f}.partial").ToHashSet(StringComparer.Ordinal);
        var left = new List<string>();
        await foreach (var entry in destination.ListAsync("", cancellationToken))
        {
            if (partials.Contains(entry.Name)) left.Add(entry.Name);
        }

        foreach (var partial in left) await Leftovers.TryRemoveAsync(destination, partial, cancellationToken);
    }

    private static async Task<byte[]> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var resource = typeof(HowToRestore).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"{file} is not in the program.");
        using var bytes = new MemoryStream();
        await resource.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}

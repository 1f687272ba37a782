namespace Holdfast.Destinations.S3.Tests.Support;

/// <summary>Short forms for tests that publish and read files.</summary>
internal static class Files
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Content that depends on its length only.</summary>
    public static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Publishes a file.</summary>
    public static async Task<PublishedFile> PublishAsync(this IDestination destination, string path, byte[] bytes, UploadHint? hint = null)
    {
        await using var upload = await destination.BeginUploadAsync(path, hint ?? UploadHint.None, Token);
        await upload.WriteAsync(bytes, Token);
        return (await destination.PublishAsync([upload], Token))[0];
    }

    /// <summary>Reads a whole file.</summary>
    public static async Task<byte[]> ReadAsync(this IDestination destination, string path)
    {
        await using var file = await destination.OpenAsync(path, Token);
        await using var stream = await file.OpenReadAsync(0, file.Length, Token);
        var all = new MemoryStream();
        await stream.CopyToAsync(all, Token);
        return all.ToArray();
    }
}

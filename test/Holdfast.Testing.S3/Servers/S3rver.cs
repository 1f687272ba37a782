namespace Holdfast.Testing.S3.Servers;

/// <summary>
/// The npm package s3rver: a server that stores the framing of chunked bodies as content, ignores conditions, misreads suffix ranges, and
/// lets in whoever knows the access key.
/// </summary>
public sealed class S3rver : IAsyncDisposable
{
    private readonly ServerScript _script;
    private readonly string _folder;

    private S3rver(ServerScript script, string folder) => (_script, _folder) = (script, folder);

    /// <summary>Its only user.</summary>
    public static StubCredentials Owner { get; } = new("S3RVER", "S3RVER");

    /// <summary>The bucket that exists.</summary>
    public const string Bucket = "backups";

    /// <summary>Its address.</summary>
    public string Endpoint => $"http://127.0.0.1:{_script.Line}";

    /// <summary>Starts it.</summary>
    /// <param name="script">Path of <c>eng/s3rver.sh</c>.</param>
    /// <returns>The server; or null and the reason if this machine does not have it.</returns>
    public static async Task<(S3rver? Server, string Reason)> StartAsync(string script)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-s3rver-").FullName;
        var (server, reason) = await ServerScript.StartAsync(script, "run", folder);
        if (server is null)
        {
            Directory.Delete(folder, recursive: true);
            return (null, reason);
        }
        return (new(server, folder), "");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _script.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        File.Delete($"{_folder}.out");
    }
}

using System.Text.Json;
using Holdfast.Archive;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Client;

/// <summary>What <c>holdfast login</c> keeps: a server, and an API token for this machine.</summary>
/// <param name="Server">Address of the server.</param>
/// <param name="User">Who signed in.</param>
/// <param name="TokenId">Id of the token, to delete it by.</param>
/// <param name="Token">The token.</param>
internal sealed record Login(string Server, string User, string TokenId, string Token)
{
    private const int MaxBytes = 16 << 10;

    /// <summary>Where it lies: <c>$XDG_CONFIG_HOME/holdfast/login.json</c>, else under <c>~/.config</c>.</summary>
    public static string FilePath { get; } =
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder && Path.IsPathRooted(folder)
                ? folder
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "holdfast",
            "login.json"
        );

    /// <summary>The one of this user; null where there is none.</summary>
    /// <exception cref="HoldfastException">It is damaged, or others can read it.</exception>
    public static Login? Load()
    {
        if (!File.Exists(FilePath))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(PrivateFile.Read(FilePath, "Login file", MaxBytes), CliJson.Default.Login);
        }
        catch (JsonException e)
        {
            throw new HoldfastException(ErrorCatalogue.Usage, $"Login file '{FilePath}' is damaged.", "holdfast login writes it anew.", e);
        }
    }

    /// <summary>Keeps it, in place of the one before.</summary>
    public void Save()
    {
        try
        {
            FolderFlush.CreateFolder(
                Path.GetDirectoryName(FilePath)!,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
            PrivateFile.Write(FilePath, JsonSerializer.SerializeToUtf8Bytes(this, CliJson.Default.Login));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.DestinationFailed,
                $"Login file '{FilePath}' cannot be written: {e.Message}",
                "XDG_CONFIG_HOME names another folder.",
                e
            );
        }
    }

    /// <summary>Forgets it.</summary>
    public static void Delete() => File.Delete(FilePath);

    /// <summary>Without the token.</summary>
    public override string ToString() => $"{nameof(Login)} of {User} at {Server}";
}

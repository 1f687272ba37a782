using System.Text;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Access.Users;

/// <summary>Makes the first user, with a password that only who can read the server's files can know.</summary>
internal sealed partial class InitialAdminSetup(UserStore users, DataFolder data, ILogger<InitialAdminSetup> logger)
    : IHostedLifecycleService
{
    public const string UserName = "admin";

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var first = users.Users.Items.FirstOrDefault(u => u.Value.HasFirstPassword);
        if (users.Users.Count > 0 && first is null)
        {
            File.Delete(data.InitialPasswordFile); // changed, and then killed before it was deleted
            return;
        }

        // Without the file nobody could ever sign in: then there is a new password.
        if (first is null || !File.Exists(data.InitialPasswordFile))
        {
            await CreateAsync(first?.Revision ?? 0, cancellationToken);
        }
        LogPassword(UserName, data.InitialPasswordFile);
    }

    /// <summary>Deletes the file, once its password is no user's.</summary>
    public static void DeleteObsoletePasswordFile(UserStore users, DataFolder data)
    {
        if (!users.HasFirstPassword)
        {
            File.Delete(data.InitialPasswordFile);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CreateAsync(long expected, CancellationToken cancellationToken)
    {
        var password = PasswordService.Generate();
        try
        {
            // before the user: a crash in between makes both anew
            PrivateFile.Write(data.InitialPasswordFile, Encoding.ASCII.GetBytes(password + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalogue.StateUnavailable,
                $"The first password cannot be written to '{data.InitialPasswordFile}': {e.Message}",
                "See that the data folder has room and that this user owns it.",
                e
            );
        }

        await users.PutAsync(users.New(UserName, Role.Admin, password) with { HasFirstPassword = true }, expected, cancellationToken);
    }

    [LoggerMessage(
        EventId = 6201,
        Level = LogLevel.Warning,
        Message = "Sign in as '{User}' with the one-time password in {Path} and change it. Until then the server answers this machine only."
    )]
    private partial void LogPassword(string user, string path);
}

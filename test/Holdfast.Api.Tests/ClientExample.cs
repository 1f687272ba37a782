using Holdfast.Api.Backups;
using Holdfast.Api.Databases;
using Holdfast.Api.Transport;

namespace Holdfast.Api.Tests;

/// <summary>The example of the README of the package, as a program that the tests run.</summary>
internal static class ClientExample
{
    public static async Task RunAsync(string server, string token)
    {
        // README begins
        using var transport = new HttpApiTransport(new Uri(server), token);
        var client = new HoldfastClient(transport);

        // Lists are read page by page.
        await foreach (var database in client.Databases.ListAsync(new DatabaseQuery { Source = "demo" }))
        {
            Console.WriteLine($"{database.Id}: {database.State}. {database.Reason}");
        }

        // An edit names the revision that it is based on: if somebody else was faster, it fails with IsStale.
        var nightly = await client.ServerWideBackups.GetAsync("nightly");
        try
        {
            await client.ServerWideBackups.PutAsync(
                "nightly",
                nightly.Value.Definition with
                {
                    Retention = new(MinimumAgeDays: 30),
                },
                EditCondition.Unchanged(nightly.ETag)
            );
        }
        catch (ApiException e)
        {
            Console.WriteLine($"{e.Code}: {e.Message} {e.Hint}");
        }

        // A backup is an operation: wait until it has ended.
        var started = await client.ServerWideBackups.StartAsync("nightly", new BackupRequest());
        foreach (var id in started.OperationIds)
        {
            var operation = await client.Operations.GetAsync(id);
            while (!operation.HasEnded)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
                operation = await client.Operations.GetAsync(id);
            }
            Console.WriteLine($"{operation.Database}: {operation.State}");
        }
        // README ends
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Api.Databases;
using Holdfast.Api.Sources;
using Holdfast.Api.Transport;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;

namespace Holdfast.Api.Tests;

/// <summary>Tests the typed client with a server.</summary>
public sealed class ClientTests
{
    private const string Value = "a b/ü";

    [Fact]
    public async Task The_example_of_the_README_works()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db");
        (await server.PutTemplateAsync("nightly")).Json(System.Net.HttpStatusCode.Created);
        await ClientExample.RunAsync(server.Address.ToString(), ApiServer.AdminToken);
        var client = Connect(server, out var transport);
        using (transport)
        {
            Assert.Equal(30, (await client.ServerWideBackups.GetAsync("nightly")).Value.Definition.Retention?.MinimumAgeDays);
            Assert.Equal(2, (await client.Operations.CountAsync()).States[nameof(OperationState.Completed)]);
        }
    }

    [Fact]
    public async Task The_README_contains_the_example_that_is_run()
    {
        var example = await ReadAsync("test", "Holdfast.Api.Tests", "ClientExample.cs");
        var body = string.Join(
                '\n',
                Between(example, "// README begins\n", "        // README ends").Split('\n').Select(l => l.Length > 8 ? l[8..] : "")
            )
            .Trim();
        Assert.Contains(body, await ReadAsync("src", "Holdfast.Api", "README.md"), StringComparison.Ordinal);
        static Task<string> ReadAsync(params string[] path) => File.ReadAllTextAsync(Path.Combine([RepositoryRoot.Folder, .. path]));
        static string Between(string text, string from, string to) => text.Split(from)[1].Split(to)[0];
    }

    [Fact]
    public async Task Each_operation_of_the_API_has_a_method_and_each_method_is_an_operation()
    {
        await using var server = await ApiServer.StartAsync();
        var escaped = Uri.EscapeDataString(Value);
        var operations = (await server.GetAsync("openapi.json")).Json()["paths"]!
            .AsObject()
            .SelectMany(p => p.Value!.AsObject().Select(o => $"{o.Key.ToUpperInvariant()} {p.Key.TrimEnd('/')}"))
            .Select(o => System.Text.RegularExpressions.Regex.Replace(o, @"\{\w+\}", escaped));
        var transport = new RecordingTransport();
        foreach (var resource in typeof(HoldfastClient).GetProperties())
        {
            var client = resource.GetValue(new HoldfastClient(transport))!;
            foreach (
                var method in client
                    .GetType()
                    .GetMethods(BindingFlags.Public | BindingFlags.Instance)
                    .Where(m => m.DeclaringType != typeof(object))
            )
            {
                await InvokeAsync(client, method);
            }
        }
        Assert.Equal(
            operations.Order(StringComparer.Ordinal),
            transport
                .Requests.Select(r => $"{r.Method} {ApiRoutes.BasePath}{r.Path.Split('?')[0]}")
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Lists_are_read_to_their_end_in_any_order()
    {
        await using var server = await ApiServer.StartAsync("a.db", "b.db", "c.db");
        var client = Connect(server, out var transport);
        using (transport)
        {
            Assert.Equal(["demo/a.db", "demo/b.db", "demo/c.db"], await IdsAsync(new() { Limit = 1 }));
            Assert.Equal(
                ["demo/c.db", "demo/b.db", "demo/a.db"],
                await IdsAsync(
                    new()
                    {
                        Limit = 1,
                        Sort = "name",
                        Descending = true,
                    }
                )
            );
            Assert.Equal(["demo/c.db"], await IdsAsync(new() { After = "demo/b.db" }));
            Assert.Equal(3, (await client.Databases.CountAsync()).Total);
        }

        async Task<List<string>> IdsAsync(DatabaseQuery query)
        {
            var ids = new List<string>();
            await foreach (var database in client.Databases.ListAsync(query))
            {
                ids.Add(database.Id);
            }
            return ids;
        }
    }

    [Fact]
    public async Task A_refusal_has_code_hint_and_errors_and_an_outdated_edit_has_the_current_revision()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var client = Connect(server, out var transport);
        using (transport)
        {
            Assert.Null(await client.Databases.FindAsync("demo/none.db"));
            var missing = await Assert.ThrowsAsync<ApiException>(() => client.Databases.GetAsync("demo/none.db"));
            Assert.Equal((404, "not-found"), (missing.Status, missing.Code));
            Assert.NotNull(missing.Hint);
            Assert.NotNull(missing.Problem!.TraceId);

            var wrong = await Assert.ThrowsAsync<ApiException>(() =>
                client.ServerWideBackups.PutAsync("nightly", new() { Type = BackupType.Snapshot, FullBackup = "never" })
            );
            Assert.Contains(wrong.ValidationErrors, e => e.Field == "fullBackup");

            TaskDefinition definition = new()
            {
                Type = BackupType.Snapshot,
                FullBackup = "0 2 * * 0",
                Destinations = ["nas"],
            };
            var made = await client.ServerWideBackups.PutAsync("nightly", definition, EditCondition.New);
            Assert.True(made.IsNew);
            var changed = await client.ServerWideBackups.PutAsync("nightly", definition, EditCondition.Unchanged(made.ETag));
            Assert.False(changed.IsNew);
            var stale = await Assert.ThrowsAsync<ApiException>(() =>
                client.ServerWideBackups.DeleteAsync("nightly", EditCondition.Unchanged(made.ETag))
            );
            Assert.Equal((true, changed.ETag), (stale.IsStale, stale.ETag));
            Assert.Equal("nightly", stale.Problem!.Current!.Value.GetProperty("name").GetString());
            await Assert.ThrowsAsync<ApiException>(() => client.ServerWideBackups.PutAsync("nightly", definition, EditCondition.New));
        }
    }

    [Fact]
    public async Task Events_are_followed()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        var client = Connect(server, out var transport);
        using (transport)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            stop.CancelAfter(ApiServer.Patience);
            await using var events = client.Events.ListenAsync(stop.Token).GetAsyncEnumerator(stop.Token);
            var next = events.MoveNextAsync().AsTask();
            while (!next.IsCompleted)
            {
                await client.Destinations.PutAsync("nas2", new() { Kind = "local", Path = Path.Combine(server.Root, "nas2") });
                await client.Destinations.DeleteAsync("nas2");
                await Task.Delay(50, stop.Token);
            }
            Assert.True(await next);
            Assert.Equal("destinations", events.Current.Name);
            Assert.Contains("nas2", Assert.IsType<Api.Events.ChangedEvent>(events.Current.Data).Ids);
        }
    }

    [Fact]
    public void Members_missing_from_an_older_server_have_their_defaults_and_unknown_ones_are_ignored()
    {
        var task = JsonSerializer.Deserialize("""{"type":"Snapshot","newer":1}""", ApiJsonContext.Default.TaskDefinition)!;
        Assert.Equal((24, 0, 0), (task.CompareEveryHours, task.Destinations.Count, task.Excluded.Count));
    }

    [Fact]
    public void Paths_are_escaped_and_need_all_values()
    {
        Assert.Equal("/sources/a%2Fb%20c/test", ApiRoutes.Expand(SourceRoutes.Test, "a/b c"));
        Assert.Throws<ArgumentException>(() => ApiRoutes.Expand(SourceRoutes.Test));
        Assert.Throws<ArgumentException>(() => ApiRoutes.Expand(SourceRoutes.Test, "a", "b"));
        Assert.Equal("/runs?a=1%262", ApiRoutes.WithQuery("/runs", ("a", "1&2"), ("b", null)));
    }

    private static HoldfastClient Connect(ApiServer server, out HttpApiTransport transport) =>
        new(transport = new HttpApiTransport(server.Address, ApiServer.AdminToken));

    private static async Task InvokeAsync(object client, MethodInfo method)
    {
        object?[] arguments =
        [
            .. method
                .GetParameters()
                .Select(p =>
                    p.ParameterType == typeof(string) ? Value
                    : p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType)
                    : p.IsOptional ? null
                    : p.ParameterType == typeof(JsonObject) ? new JsonObject()
                    : RuntimeHelpers.GetUninitializedObject(p.ParameterType)
                ),
        ];
        try
        {
            var answer = method.Invoke(client, arguments)!;
            if (answer is Task task)
            {
                await task;
            }
            else
            {
                await DrainAsync((dynamic)answer);
            }
        }
        catch (ApiException)
        {
            // The recorder returns an empty answer.
        }
    }

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (var _ in items) { }
    }

    private sealed class RecordingTransport : IApiTransport
    {
        public List<ApiRequest> Requests { get; } = [];

        public Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            return Task.FromResult(new ApiResponse(200, new MemoryStream("null"u8.ToArray())));
        }
    }
}

using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Tests.Support;

/// <summary>Receives alerts and heartbeats, records them, and answers as the test requires.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Receiver(WebApplication app) => _app = app;

    public ConcurrentQueue<(string Method, string Path, string Body)> Calls { get; } = [];

    public int Answer { get; set; } = StatusCodes.Status200OK;

    public string Url => $"{_app.Urls.Single()}/secret-path?key=secret-key";

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var receiver = new Receiver(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            receiver.Calls.Enqueue((context.Request.Method, context.Request.Path, await reader.ReadToEndAsync()));
            context.Response.StatusCode = receiver.Answer;
            await context.Response.WriteAsync("an answer that nobody reads");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

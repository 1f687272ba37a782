using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Studio.Pages.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MudBlazor.Services;

namespace Holdfast.Studio.Tests;

/// <summary>What the page of an operation says of its end.</summary>
public sealed class OperationOutcomeTests
{
    private static readonly Operation Restore = new()
    {
        Id = "1",
        Kind = OperationKind.Restore,
        State = OperationState.Completed,
        Database = new DatabaseId("demo", "a"),
        Node = "A",
        Created = DateTimeOffset.UnixEpoch,
        Result = new() { Warnings = ["what to know"] },
    };

    [Fact]
    public async Task A_restore_that_left_something_out_is_nowhere_called_whole()
    {
        var html = await DrawAsync(
            Restore with
            {
                State = OperationState.CompletedWithErrors,
                Error = new("restore-incomplete", "Not all is there.", "Run its SQL."),
            }
        );
        Assert.Contains("Not all is there.", html, StringComparison.Ordinal);
        Assert.Contains("what to know", html, StringComparison.Ordinal);
        Assert.Contains("The rows are there and were checked; what is listed above is not.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("whole", html, StringComparison.Ordinal);
        Assert.DoesNotContain("mud-alert-text-success", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_only_tells_something_is_whole()
    {
        var html = await DrawAsync(Restore);
        Assert.Contains("what to know", html, StringComparison.Ordinal);
        Assert.Contains("whole and checked", html, StringComparison.Ordinal);
        Assert.Contains("mud-alert-text-success", html, StringComparison.Ordinal);
    }

    private static async Task<string> DrawAsync(Operation operation)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMudServices();
        await using var provider = services.BuildServiceProvider();
        await using var renderer = new HtmlRenderer(provider, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var parameters = ParameterView.FromDictionary(
                new Dictionary<string, object?> { [nameof(OperationOutcome.Operation)] = operation }
            );
            return (await renderer.RenderComponentAsync<OperationOutcome>(parameters)).ToHtmlString();
        });
    }
}

using Holdfast.Core.Databases;
using Holdfast.Core.Operations;
using Holdfast.Studio.Pages.Operations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MudBlazor.Services;

namespace Holdfast.Studio.Tests;

/// <summary>The result on the page of an operation.</summary>
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
        Result = new() { Warnings = ["a warning"] },
    };

    [Fact]
    public async Task An_incomplete_restore_is_not_reported_as_a_success()
    {
        var html = await RenderAsync(
            Restore with
            {
                State = OperationState.CompletedWithErrors,
                Error = new("restore-incomplete", "Not all is there.", "Run its SQL."),
            }
        );
        Assert.Contains("Not all is there.", html, StringComparison.Ordinal);
        Assert.Contains("a warning", html, StringComparison.Ordinal);
        Assert.Contains("The rows are restored and verified; the objects listed above are missing.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("The database is restored", html, StringComparison.Ordinal);
        Assert.DoesNotContain("mud-alert-text-success", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restore_with_warnings_only_is_reported_as_a_success()
    {
        var html = await RenderAsync(Restore);
        Assert.Contains("a warning", html, StringComparison.Ordinal);
        Assert.Contains("The database is restored and verified.", html, StringComparison.Ordinal);
        Assert.Contains("mud-alert-text-success", html, StringComparison.Ordinal);
    }

    private static async Task<string> RenderAsync(Operation operation)
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

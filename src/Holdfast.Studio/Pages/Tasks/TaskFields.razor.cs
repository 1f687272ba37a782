using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Tasks;

/// <summary>The form fields that server-wide and regular tasks share.</summary>
public sealed partial class TaskFields
{
    [Parameter, EditorRequired]
    public TaskDraft Draft { get; set; } = default!;

    [Parameter]
    public bool IsServerWide { get; set; }

    [Parameter]
    public bool HasKey { get; set; }

    /// <summary>Validation errors by field.</summary>
    [Parameter]
    public IReadOnlyList<ValidationError> Errors { get; set; } = [];

    [Parameter]
    public EventCallback Changed { get; set; }

    private string? ErrorFor(string field) =>
        Errors.FirstOrDefault(f => f.Field == field) is { } error ? Sentence.Join(error.Message, error.Hint) : null;

    // With one destination, the age of the policy is that of the destination.
    private IEnumerable<string> DestinationsWithOwnAge() =>
        Draft.Destinations.Where(d => Draft.Destinations.Count > 1 || Draft.DestinationAges.ContainsKey(d)).Order(StringComparer.Ordinal);

    private Task SetAgeAsync(string destination, double? days) =>
        SetAsync(() =>
        {
            if (days is { } age)
            {
                Draft.DestinationAges[destination] = age;
            }
            else
            {
                Draft.DestinationAges.Remove(destination);
            }
        });

    private Task SetAsync(Action set)
    {
        set();
        return Changed.InvokeAsync();
    }

    private static Task<IEnumerable<string>> ZonesAsync(string? text, CancellationToken cancellationToken) =>
        Task.FromResult(
            TimeZoneInfo
                .GetSystemTimeZones()
                .Select(z => z.Id)
                .Append("UTC")
                .Distinct()
                .Where(z => string.IsNullOrEmpty(text) || z.Contains(text, StringComparison.OrdinalIgnoreCase))
                .OrderBy(z => z, StringComparer.Ordinal)
                .Take(30)
        );
}

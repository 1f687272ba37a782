using Holdfast.Api;
using Holdfast.Core.Errors;

namespace Holdfast.Studio.Components;

/// <summary>Finds the errors of form fields in an API error.</summary>
internal static class ApiExceptionExtensions
{
    /// <summary>Message and hint for a field; null if the field has no error.</summary>
    public static string? ErrorFor(this ApiException? failure, string field) =>
        failure?.ValidationErrors.FirstOrDefault(f => f.Field == field) is { } error ? Sentence.Join(error.Message, error.Hint) : null;
}

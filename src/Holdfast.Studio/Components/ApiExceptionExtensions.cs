using Holdfast.Api;
using Holdfast.Core.Errors;

namespace Holdfast.Studio.Components;

/// <summary>What a refusal says of one field of a form.</summary>
internal static class ApiExceptionExtensions
{
    /// <summary>What is wrong with the field, and what would be right; null where nothing was said of it.</summary>
    public static string? ErrorFor(this ApiException? failure, string field) =>
        failure?.ValidationErrors.FirstOrDefault(f => f.Field == field) is { } fault ? Sentence.Join(fault.Message, fault.Hint) : null;
}

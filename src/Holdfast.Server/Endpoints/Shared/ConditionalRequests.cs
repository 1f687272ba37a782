using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Server.Problems;
using Holdfast.State;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>
/// Editing without overwriting somebody else: a resource is answered with its state revision as <c>ETag</c>; an edit
/// may name it in <c>If-Match</c>,
/// or say <c>If-None-Match: *</c> to make only what is not there. Without either it overwrites.
/// </summary>
public static class ConditionalRequests
{
    /// <summary>The tag of a revision, quoted.</summary>
    public static string FormatETag(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Names a resource's revision in the answer, and gives back what was passed.</summary>
    public static T WithETag<T>(this HttpResponse response, long revision, T value)
    {
        response.Headers.ETag = FormatETag(revision);
        return value;
    }

    /// <summary>
    /// The revision that the edit expects, as <see cref="StateMirror{T}.PutAsync"/> takes it: null for any, 0 for none,
    /// -1 for one that cannot be.
    /// </summary>
    public static long? ReadExpectedRevision(HttpRequest request)
    {
        if (request.Headers.IfNoneMatch == "*")
        {
            return 0;
        }
        var match = request.Headers.IfMatch.ToString().Trim();
        if (match.Length == 0)
        {
            return null;
        }
        return
            match.Length > 2
            && match[0] == '"'
            && match[^1] == '"'
            && long.TryParse(match.AsSpan(1..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            && revision > 0
            ? revision
            : -1;
    }

    /// <summary>Makes an edit; when what it expected is not there, the failure holds what is there now.</summary>
    /// <typeparam name="TValue">Type of the stored value.</typeparam>
    /// <typeparam name="TResult">What the edit gives.</typeparam>
    /// <param name="request">Of the edit.</param>
    /// <param name="key">The key of the value, for the failure.</param>
    /// <param name="find">Finds the value as it is stored now; null if there is none.</param>
    /// <param name="view">It as the API shows it; without secrets.</param>
    /// <param name="edit">The edit, given the expected revision.</param>
    /// <exception cref="StaleRevisionException">It is not what was expected.</exception>
    public static async Task<TResult> EditAsync<TValue, TResult>(
        HttpRequest request,
        string key,
        Func<StateItem<TValue>?> find,
        Func<TValue, object> view,
        Func<long?, Task<TResult>> edit
    )
        where TValue : class
    {
        var expected = ReadExpectedRevision(request);
        if (expected is not null && expected != (find()?.Revision ?? 0))
        {
            throw Stale();
        }
        try
        {
            return await edit(expected);
        }
        catch (HoldfastException e) when (e.Error == ErrorCatalogue.Conflict)
        {
            throw Stale();
        }

        StaleRevisionException Stale()
        {
            var item = find();
            return new(key, item is null ? null : view(item.Value), item?.Revision ?? 0);
        }
    }
}

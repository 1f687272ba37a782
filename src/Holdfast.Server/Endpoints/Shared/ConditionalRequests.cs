using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Server.Problems;
using Holdfast.State;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Endpoints.Shared;

/// <summary>
/// Conditional edits, which prevent overwriting the changes of others. A resource is returned with its revision as
/// <c>ETag</c>. An edit can send it in <c>If-Match</c>, or send <c>If-None-Match: *</c> to only create. An edit with
/// neither overwrites.
/// </summary>
public static class ConditionalRequests
{
    /// <summary>Formats a revision as a quoted tag.</summary>
    public static string FormatETag(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>Sets the revision of a resource in the answer, and returns the value that was passed.</summary>
    public static T WithETag<T>(this HttpResponse response, long revision, T value)
    {
        response.Headers.ETag = FormatETag(revision);
        return value;
    }

    /// <summary>
    /// Reads the revision that the edit expects, as <see cref="StateMirror{T}.PutAsync"/> takes it: null for any, 0 for
    /// a resource that must not exist, -1 for a revision that cannot exist.
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

    /// <summary>Executes an edit. If the expected revision is not the current one, the exception contains the current state.</summary>
    /// <typeparam name="TValue">Type of the stored value.</typeparam>
    /// <typeparam name="TResult">Type of the result of the edit.</typeparam>
    /// <param name="request">The request of the edit.</param>
    /// <param name="key">The key of the value, for the message.</param>
    /// <param name="find">Finds the current value; returns null if there is none.</param>
    /// <param name="view">Converts the value to its view, without secrets.</param>
    /// <param name="edit">Executes the edit with the expected revision.</param>
    /// <exception cref="StaleRevisionException">The current revision is not the expected one.</exception>
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
        catch (HoldfastException e) when (e.Error == ErrorCatalog.Conflict)
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

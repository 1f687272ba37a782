using Microsoft.AspNetCore.Http;

namespace Holdfast.Testing.S3;

/// <summary>A request as the stub received it.</summary>
/// <param name="Operation">What it asks for.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Key">The key, decoded; empty for a request about the bucket.</param>
/// <param name="Number">Its number among the requests of the stub, from 1.</param>
public sealed record S3Request(S3Operation Operation, string Bucket, string Key, int Number)
{
    /// <summary>Its query, decoded.</summary>
    public required IQueryCollection Query { get; init; }

    /// <summary>Its headers.</summary>
    public required IHeaderDictionary Headers { get; init; }

    /// <summary>The number of a part; 0 for other requests.</summary>
    public int PartNumber => int.TryParse(Query["partNumber"], out var number) ? number : 0;

    /// <summary>A value of the query; empty if it is missing.</summary>
    public string Value(string name) => Query[name].ToString();
}

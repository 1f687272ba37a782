namespace Holdfast.Testing.S3;

/// <summary>What goes wrong with a request.</summary>
public sealed record S3Fault
{
    /// <summary>Whether the operation takes effect before its answer goes wrong.</summary>
    public bool TakesEffect { get; init; }

    /// <summary>Ends when the request may go on; before the operation takes effect.</summary>
    public Func<CancellationToken, Task>? Wait { get; init; }

    /// <summary>Closes the connection after this many bytes of the request's body; null to read it all.</summary>
    public int? CutRequestAfter { get; init; }

    /// <summary>Closes the connection after this many bytes of the answer's body; null to send it all.</summary>
    public int? CutAnswerAfter { get; init; }

    /// <summary>Closes the connection without an answer.</summary>
    public bool Cut { get; init; }

    /// <summary>Stores only this many bytes of the body, and acknowledges all of them.</summary>
    public int? StoreOnly { get; init; }

    /// <summary>Status of the answer; null for that of the operation.</summary>
    public int? Status { get; init; }

    /// <summary>Code of the error in the answer's XML.</summary>
    public string? Code { get; init; }

    /// <summary>Body of the answer instead of that of the operation or of <see cref="Code"/>.</summary>
    public string? Body { get; init; }

    /// <summary>ETag of the answer instead of the right one.</summary>
    public string? ETag { get; init; }

    /// <summary>Ignores the range of a read: 200 and the whole object.</summary>
    public bool IgnoresRange { get; init; }

    /// <summary>An error answer; the operation does not take effect.</summary>
    public static S3Fault Error(int status, string code) => new() { Status = status, Code = code };

    /// <summary>An answer with status 200 and another body than the operation has.</summary>
    public static S3Fault Says(string body, bool takesEffect = false) =>
        new()
        {
            Status = 200,
            Body = body,
            TakesEffect = takesEffect,
        };
}

namespace Holdfast.Testing.S3.Protocol;

/// <summary>An error that S3 answers with.</summary>
/// <param name="status">Status of the answer.</param>
/// <param name="code">Code in its XML.</param>
internal sealed class S3Failure(int status, string code) : Exception
{
    /// <summary>Status of the answer.</summary>
    public int Status => status;

    public override string Message => code;

    /// <summary>Code in its XML.</summary>
    public string Code => code;
}

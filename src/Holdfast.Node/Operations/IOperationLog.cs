namespace Holdfast.Node.Operations;

/// <summary>Takes the steps of one operation, in words for operators.</summary>
public interface IOperationLog
{
    /// <summary>Adds a line. Never throws, and waits for nothing.</summary>
    /// <param name="line">What was done or found, with its values; no secret.</param>
    void Write(string line);
}

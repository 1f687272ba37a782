namespace Holdfast.Node.Operations;

/// <summary>The log of one operation, for operators.</summary>
public interface IOperationLog
{
    /// <summary>Adds a line. Never throws or blocks.</summary>
    /// <param name="line">What was done or found, with its values; no secrets.</param>
    void Write(string line);
}

namespace Holdfast.Engines.PostgreSql.Tests.Servers;

/// <summary>The log of a server.</summary>
public sealed class ServerLog
{
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
            _more.SetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Returns when a line with this text has been logged.</summary>
    public async Task WaitForAsync(string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task more;
            lock (_lines)
            {
                if (_lines.Exists(l => l.Contains(text, StringComparison.Ordinal)))
                {
                    return;
                }
                more = _more.Task;
            }

            await more.WaitAsync(cancellationToken);
        }
    }
}

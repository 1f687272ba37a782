using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>
/// Writes the script to a pipe and flushes about every 128 KiB, so that memory stays bounded and a slow reader applies
/// back-pressure.
/// </summary>
internal sealed class ScriptOutput(PipeWriter output, CancellationToken cancellationToken)
{
    /// <summary>Number of bytes after which the pipe is flushed.</summary>
    public const int FlushBytes = 128 * 1024;

    private int _unflushed;

    /// <summary>Number of bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes one statement and its terminator.</summary>
    public async ValueTask WriteStatementAsync(string sql)
    {
        var text = Encoding.UTF8.GetBytes(sql + ";\n");
        output.Write(text);
        Bytes += text.Length;
        _unflushed += sql.Length;
        if (_unflushed >= FlushBytes)
        {
            await FlushAsync();
        }
    }

    /// <summary>Writes all rows of a table and returns their number.</summary>
    public async ValueTask<long> WriteRowsAsync(RowWriter rows)
    {
        bool more;
        do
        {
            more = rows.Fill(output, out var written);
            _unflushed += written;
            Bytes += written;
            if (more || _unflushed >= FlushBytes)
            {
                await FlushAsync();
            }
        } while (more);
        return rows.Rows;
    }

    /// <summary>Flushes the pipe.</summary>
    public async ValueTask FlushAsync()
    {
        _unflushed = 0;
        var result = await output.FlushAsync(cancellationToken);
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The script's reader was cancelled.", cancellationToken);
        }
        if (result.IsCompleted)
        {
            throw new HoldfastException(ErrorCatalog.DestinationFailed, "The reader of the script has stopped.");
        }
    }
}

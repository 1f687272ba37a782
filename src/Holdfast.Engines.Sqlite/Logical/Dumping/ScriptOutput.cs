using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>The script on its way out: flushed about every 128 KiB, so that memory stays bounded and a slow reader slows it down.</summary>
internal sealed class ScriptOutput(PipeWriter output, CancellationToken cancellationToken)
{
    /// <summary>Bytes between two flushes.</summary>
    public const int FlushBytes = 128 * 1024;

    private int _unflushed;

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes one statement and ends it.</summary>
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

    /// <summary>Writes every row of a table; returns their number.</summary>
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

    /// <summary>Hands over what is written.</summary>
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
            throw new HoldfastException(ErrorCatalogue.DestinationFailed, "Nothing reads the script any more.");
        }
    }
}

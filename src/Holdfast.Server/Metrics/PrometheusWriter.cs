using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Holdfast.Server.Metrics;

/// <summary>Writes metrics in the text format of Prometheus.</summary>
internal sealed class PrometheusWriter(PipeWriter output, CancellationToken cancellationToken)
{
    private const int FlushAfterLines = 500;

    /// <summary>
    /// Escapes the value of a label. Names come from disks, and a line break or quote must not create another metric.
    /// The format has these three escapes only.
    /// </summary>
    internal static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>Writes one metric.</summary>
    /// <param name="name">Name of the metric.</param>
    /// <param name="help">Description of the metric.</param>
    /// <param name="values">Values by labels; null values are omitted.</param>
    public async Task WriteAsync(string name, string help, IEnumerable<(string Labels, double? Value)> values)
    {
        Write($"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var (i, (labels, value)) in values.Index())
        {
            if (value is not { } number)
            {
                continue;
            }
            Write(string.Create(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {number:R}\n"));
            if (i % FlushAfterLines == FlushAfterLines - 1)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Sends the text written so far.</summary>
    public async Task FlushAsync() => await output.FlushAsync(cancellationToken);

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}

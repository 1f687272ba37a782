using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Holdfast.Server.Metrics;

/// <summary>Writes measurements in the text format of Prometheus.</summary>
internal sealed class PrometheusWriter(PipeWriter output, CancellationToken cancellationToken)
{
    private const int FlushAfterLines = 500;

    /// <summary>
    /// A label's value: names come from disks, and a line break or quote in one must not make another measurement. The
    /// format has these three escapes and no other.
    /// </summary>
    internal static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>Writes one measurement.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="help">What it measures.</param>
    /// <param name="values">Its values, by their labels. Those that are null are left out.</param>
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

    /// <summary>Sends what has been written.</summary>
    public async Task FlushAsync() => await output.FlushAsync(cancellationToken);

    private void Write(string text) => Encoding.UTF8.GetBytes(text, output);
}

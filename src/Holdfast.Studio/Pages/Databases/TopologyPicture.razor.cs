using System.Globalization;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>A diagram of the database group: the database in the centre, its nodes around it.</summary>
public sealed partial class TopologyPicture
{
    [Parameter, EditorRequired]
    public string Database { get; set; } = "";

    [Parameter, EditorRequired]
    public IReadOnlyList<GroupNode> Nodes { get; set; } = [];

    private string Description =>
        $"Nodes of {Database}: "
        + string.Join(", ", Nodes.Select(n => $"node {n.Tag} ({n.Role}, responsible for {Plural.Of(n.Tasks.Count, "task")})"));

    private int Height => Nodes.Count <= 2 ? 120 : 440;

    private int Middle => Nodes.Count <= 2 ? 45 : 205;

    // A single node is placed to the left of its database.
    private double Centre => Nodes.Count == 1 ? 300 : 210;

    // Two nodes are placed beside the database, more on an ellipse around it, starting at the top.
    private IEnumerable<(GroupNode Node, double X, double Y)> Placed =>
        Nodes.Select(
            (node, i) =>
            {
                if (Nodes.Count <= 2)
                {
                    return (node, i == 0 ? (Nodes.Count == 1 ? 90.0 : 48.0) : 372.0, (double)Middle);
                }
                var angle = (2 * Math.PI * i / Nodes.Count) - (Math.PI / 2);
                return (node, Centre + (165 * Math.Cos(angle)), Middle + (160 * Math.Sin(angle)));
            }
        );

    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Cut(string text, int most) => text.Length <= most ? text : "…" + text[^(most - 1)..];
}

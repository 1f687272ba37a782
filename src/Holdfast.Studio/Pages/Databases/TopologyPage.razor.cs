using Holdfast.Api.Databases;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Databases;

public sealed partial class TopologyPage
{
    private DatabaseView? _database;
    private IReadOnlyList<GroupNode> _nodes = [];

    [Parameter]
    public string Id { get; set; } = "";

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        Id = Uri.UnescapeDataString(Id);
        _database = await Api.Databases.GetAsync(Id, cancellationToken);
        var tasks = await Api.Tasks.ListAsync(Id, cancellationToken);
        var cluster = await Api.Cluster.GetAsync(cancellationToken);
        var source = (await Api.Sources.ListAsync(cancellationToken)).FirstOrDefault(s => s.Name == _database.Source);
        _nodes =
        [
            .. cluster.Nodes.Select(n => new GroupNode(
                n.Tag,
                "primary",
                source?.Problem is null
                    ? new("Healthy", "good", Icons.Material.Filled.CheckCircle)
                    : new("Source unavailable", "bad", Icons.Material.Filled.Error),
                [.. tasks.Where(t => t.ResponsibleNode == n.Tag).Select(t => t.Name)]
            )),
        ];
    }
}

using Holdfast.Node.Secrets;
using Holdfast.Node.Tasks;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>The services that save a regular task and show it.</summary>
/// <param name="Tasks">Finds the task.</param>
/// <param name="Editor">Saves it.</param>
/// <param name="Views">Shows it.</param>
/// <param name="Keys">Which keys of databases are known.</param>
internal sealed record RegularTaskServices(TaskFinder Tasks, TaskEditor Editor, TaskViewFactory Views, DatabaseKeys Keys);

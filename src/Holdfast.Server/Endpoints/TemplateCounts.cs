namespace Holdfast.Server.Endpoints;

/// <summary>How the tasks of a template stand, in numbers of databases.</summary>
/// <param name="Succeeded">The last run went well.</param>
/// <param name="Failed">The last run failed, or failed in part.</param>
/// <param name="NeverRan">There was no run yet.</param>
/// <param name="Overdue">A slot passed more than an hour ago, and nothing ran.</param>
/// <param name="Running">A run waits or runs.</param>
public sealed record TemplateCounts(int Succeeded, int Failed, int NeverRan, int Overdue, int Running);

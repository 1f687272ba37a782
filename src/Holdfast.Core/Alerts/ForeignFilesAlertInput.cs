namespace Holdfast.Core.Alerts;

/// <summary>Files among the archives of a destination that Holdfast has not written.</summary>
/// <param name="Destination">Name of the destination.</param>
/// <param name="Count">Their number.</param>
/// <param name="Example">Path of one of them.</param>
/// <param name="Since">When they were found first.</param>
public sealed record ForeignFilesAlertInput(string Destination, int Count, string Example, DateTimeOffset Since);

namespace Holdfast.Destinations.Local;

/// <summary>The mounted file system of a file. It differs after a remount, even of the same disk.</summary>
/// <param name="Device">Device number.</param>
/// <param name="Mount">Mount number; 0 if the kernel does not report it.</param>
internal readonly record struct DeviceStamp(ulong Device, ulong Mount);

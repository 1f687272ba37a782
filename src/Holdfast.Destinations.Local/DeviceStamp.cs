namespace Holdfast.Destinations.Local;

/// <summary>The mounted file system that something lies on: another after a remount, even of the same disk.</summary>
/// <param name="Device">Number of the device.</param>
/// <param name="Mount">Number of the mount; 0 where the kernel does not tell.</param>
internal readonly record struct DeviceStamp(ulong Device, ulong Mount);

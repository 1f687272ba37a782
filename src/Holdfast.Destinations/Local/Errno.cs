namespace Holdfast.Destinations.Local;

/// <summary>Linux error numbers that mean something to us.</summary>
internal static class Errno
{
    public const int NotFound = 2;
    public const int Again = 11;
    public const int Denied = 13;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnlyFileSystem = 30;
    public const int NotImplemented = 38;
    public const int QuotaExceeded = 122;
}

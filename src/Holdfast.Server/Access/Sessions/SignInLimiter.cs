using System.Net;
using System.Net.Sockets;

namespace Holdfast.Server.Access.Sessions;

/// <summary>
/// Limits password guessing: a number of failed attempts per address and per user in five minutes. Attempts are counted
/// before the password is checked, so that parallel attempts cannot exceed the limit; a successful attempt is
/// subtracted again.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class SignInLimiter(TimeProvider time)
{
    public const int MaxAttemptsPerAddress = 30;
    public const int MaxAttemptsPerUser = 10;
    private const int MaxTrackedKeys = 20_000;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Queue<DateTimeOffset>> _attempts = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Counts an attempt.</summary>
    /// <exception cref="TooManyAttemptsException">There were too many attempts.</exception>
    public void RegisterAttempt(IPAddress? address, string user)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var wait = Max(
                GetRetryDelay(AddressKey(address), MaxAttemptsPerAddress, now),
                GetRetryDelay(UserKey(user), MaxAttemptsPerUser, now)
            );
            if (wait > TimeSpan.Zero)
            {
                throw new TooManyAttemptsException(wait);
            }
            if (_attempts.Count >= MaxTrackedKeys)
            {
                Trim(now);
            }
            GetOrAddAttempts(AddressKey(address)).Enqueue(now);
            GetOrAddAttempts(UserKey(user)).Enqueue(now);
        }
    }

    /// <summary>Records that an attempt succeeded: resets the count of the user, and reduces that of the address by one.</summary>
    public void RegisterSuccess(IPAddress? address, string user)
    {
        lock (_gate)
        {
            _attempts.Remove(UserKey(user));
            if (_attempts.TryGetValue(AddressKey(address), out var attempts))
            {
                attempts.TryDequeue(out _);
            }
        }
    }

    // Counted per /64, because one client can use all addresses of it.
    private static string AddressKey(IPAddress? address)
    {
        if (address?.IsIPv4MappedToIPv6 == true)
        {
            address = address.MapToIPv4();
        }
        return address?.AddressFamily == AddressFamily.InterNetworkV6
            ? $"a:{Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))}"
            : $"a:{address}";
    }

    private static string UserKey(string user) => $"u:{(user.Length > 64 ? user[..64] : user)}";

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private TimeSpan GetRetryDelay(string key, int most, DateTimeOffset now)
    {
        if (!_attempts.TryGetValue(key, out var attempts))
        {
            return TimeSpan.Zero;
        }
        while (attempts.TryPeek(out var oldest) && oldest + Window <= now)
        {
            attempts.Dequeue();
        }
        if (attempts.Count == 0)
        {
            _attempts.Remove(key);
        }
        return attempts.Count >= most ? attempts.Peek() + Window - now : TimeSpan.Zero;
    }

    private Queue<DateTimeOffset> GetOrAddAttempts(string key) =>
        _attempts.TryGetValue(key, out var attempts) ? attempts : _attempts[key] = new();

    // Bounds the memory: removes expired entries first, then those with the fewest attempts.
    private void Trim(DateTimeOffset now)
    {
        foreach (var key in _attempts.Keys.ToList())
        {
            GetRetryDelay(key, int.MaxValue, now);
        }
        foreach (var key in _attempts.OrderBy(a => a.Value.Count).Take(_attempts.Count - (MaxTrackedKeys / 2)).Select(a => a.Key).ToList())
        {
            _attempts.Remove(key);
        }
    }
}

namespace Holdfast.Core.Events;

/// <summary>
/// Calls the subscribers of an event one by one, on the caller's thread and in the order of subscription. An exception of one subscriber
/// affects neither the others nor the caller: a page that listens must not be able to end a loop. The caller must hold no lock that a
/// subscriber could need. Every event of the server is raised here; a test enforces it.
/// </summary>
public static class Subscribers
{
    /// <summary>Raised with the exception of a subscriber, for the log. Exceptions of these handlers are ignored.</summary>
    public static event Action<Exception>? Failed;

    /// <summary>Calls all subscribers.</summary>
    /// <param name="subscribers">The event; null if it has no subscribers.</param>
    public static void Notify(Action? subscribers)
    {
        foreach (var one in Delegate.EnumerateInvocationList(subscribers))
        {
            try
            {
                one();
            }
            catch (Exception e)
            {
                Report(e);
            }
        }
    }

    /// <summary>Calls all subscribers.</summary>
    /// <param name="subscribers">The event; null if it has no subscribers.</param>
    /// <param name="value">The argument.</param>
    public static void Notify<T>(Action<T>? subscribers, T value)
    {
        foreach (var one in Delegate.EnumerateInvocationList(subscribers))
        {
            try
            {
                one(value);
            }
            catch (Exception e)
            {
                Report(e);
            }
        }
    }

    /// <summary>Calls all subscribers.</summary>
    /// <param name="subscribers">The event; null if it has no subscribers.</param>
    /// <param name="first">The first argument.</param>
    /// <param name="second">The second argument.</param>
    public static void Notify<T1, T2>(Action<T1, T2>? subscribers, T1 first, T2 second)
    {
        foreach (var one in Delegate.EnumerateInvocationList(subscribers))
        {
            try
            {
                one(first, second);
            }
            catch (Exception e)
            {
                Report(e);
            }
        }
    }

    /// <summary>Calls all subscribers.</summary>
    /// <param name="subscribers">The event; null if it has no subscribers.</param>
    /// <param name="first">The first argument.</param>
    /// <param name="second">The second argument.</param>
    /// <param name="third">The third argument.</param>
    public static void Notify<T1, T2, T3>(Action<T1, T2, T3>? subscribers, T1 first, T2 second, T3 third)
    {
        foreach (var one in Delegate.EnumerateInvocationList(subscribers))
        {
            try
            {
                one(first, second, third);
            }
            catch (Exception e)
            {
                Report(e);
            }
        }
    }

    private static void Report(Exception failure)
    {
        foreach (var one in Delegate.EnumerateInvocationList(Failed))
        {
            try
            {
                one(failure);
            }
            catch (Exception)
            {
                // If the log itself fails, there is nowhere left to report it.
            }
        }
    }
}

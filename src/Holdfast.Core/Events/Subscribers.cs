namespace Holdfast.Core.Events;

/// <summary>
/// Calls the subscribers of an event one by one. What one of them throws keeps neither the others nor whoever raises
/// the event from going on: a page
/// that listens must not be able to end a loop. Every event of the server is raised here; a test holds that.
/// </summary>
public static class Subscribers
{
    /// <summary>Raised with what a subscriber threw, for the log. What is thrown by those who are told of it is let go.</summary>
    public static event Action<Exception>? Failed;

    /// <summary>Calls them all.</summary>
    /// <param name="subscribers">The event; null where nobody subscribed.</param>
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

    /// <summary>Calls them all.</summary>
    /// <param name="subscribers">The event; null where nobody subscribed.</param>
    /// <param name="value">What each is given.</param>
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

    /// <summary>Calls them all.</summary>
    /// <param name="subscribers">The event; null where nobody subscribed.</param>
    /// <param name="first">What each is given first.</param>
    /// <param name="second">What each is given second.</param>
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

    /// <summary>Calls them all.</summary>
    /// <param name="subscribers">The event; null where nobody subscribed.</param>
    /// <param name="first">What each is given first.</param>
    /// <param name="second">What each is given second.</param>
    /// <param name="third">What each is given third.</param>
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
                // A log that fails has nobody left to be told of it.
            }
        }
    }
}

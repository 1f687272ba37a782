using System.Net.Sockets;
using Grpc.Core;
using Holdfast.Core.Errors;
using Holdfast.State.Etcd.Protocol;

namespace Holdfast.State.Etcd.Connection;

/// <summary>
/// Calls members of etcd. A call that only reads is repeated at other members. A change is repeated only if it certainly was not applied:
/// if the connection was refused, or the member has no leader; otherwise its outcome is unknown, and the caller reads again. Each attempt
/// has a deadline.
/// </summary>
internal sealed class EtcdConnection : IDisposable
{
    private static readonly TimeSpan MaxAttempt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly EtcdSettings _settings;
    private readonly TimeProvider _time;
    private readonly EtcdTls _tls;
    private readonly EtcdEndpoint[] _endpoints;
    private readonly SemaphoreSlim _authenticating = new(1, 1);
    private string? _token;
    private int _current; // index of the member that answered last
    private long _clusterId;
    private long _seen;

    /// <summary>Does not connect yet.</summary>
    public EtcdConnection(EtcdSettings settings, TimeProvider time)
    {
        (_settings, _time, _tls) = (settings, time, new(settings));
        _endpoints = [.. settings.Endpoints.Select(e => new EtcdEndpoint(e, _tls))];
    }

    /// <summary>The highest revision that any answer had.</summary>
    public long SeenRevision => Volatile.Read(ref _seen);

    /// <summary>Time limit of a call.</summary>
    public TimeSpan CallTimeout => _settings.CallTimeout;

    /// <summary>Checks the files that the settings name.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public void CheckFiles() => _tls.Check();

    /// <summary>Reads. An answer that is older than what this node had seen before the call is refused.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        CallAsync((e, options) => e.Kv.RangeAsync(request, options).ResponseAsync, r => r.Header, isRead: true, cancellationToken);

    /// <summary>Applies a transaction.</summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.StateUnavailable"/>: it may have been applied, unless the cause is a status for which <see
    /// cref="IsRefusal"/> holds; <see cref="ErrorCatalog.StateFull"/>
    /// </exception>
    public Task<TxnResponse> CommitAsync(TxnRequest request, CancellationToken cancellationToken) =>
        CallAsync((e, options) => e.Kv.TxnAsync(request, options).ResponseAsync, r => r.Header, isRead: false, cancellationToken);

    /// <summary>Grants a lease. It may be granted although the call fails; then it expires.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public Task<LeaseGrantResponse> GrantLeaseAsync(LeaseGrantRequest request, CancellationToken cancellationToken) =>
        CallAsync((e, options) => e.Lease.LeaseGrantAsync(request, options).ResponseAsync, r => r.Header, isRead: false, cancellationToken);

    /// <summary>Ends a lease, which may have ended already.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public async Task RevokeLeaseAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                (e, options) => e.Lease.LeaseRevokeAsync(new() { Id = id }, options).ResponseAsync,
                r => r.Header,
                isRead: false,
                cancellationToken
            );
        }
        catch (HoldfastException e) when (e.InnerException is RpcException { StatusCode: StatusCode.NotFound })
        {
            // it has ended
        }
    }

    /// <summary>Renews a lease.</summary>
    /// <returns>Its time to live, in seconds; 0 if it has ended.</returns>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/></exception>
    public async Task<long> RenewLeaseAsync(long id, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            async (endpoint, options) =>
            {
                using var call = endpoint.Lease.LeaseKeepAlive(options);
                await call.RequestStream.WriteAsync(new() { Id = id });
                return await call.ResponseStream.MoveNext(CancellationToken.None)
                    ? call.ResponseStream.Current
                    : throw new RpcException(new(StatusCode.Unavailable, "the member ended the call"));
            },
            r => r.Header,
            isRead: true,
            cancellationToken
        );
        return answer.Ttl;
    }

    /// <summary>Opens a stream at a member.</summary>
    /// <param name="attempt">Selects the member: the one that answered last, and with each further attempt the next one.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public async Task<(EtcdEndpoint Endpoint, CallOptions Options)> PrepareStreamAsync(int attempt, CancellationToken cancellationToken)
    {
        var endpoint = EndpointOf(attempt);
        return (endpoint, new(await CreateHeadersAsync(endpoint, cancellationToken), cancellationToken: cancellationToken));
    }

    /// <summary>Remembers what an answer says, and checks that it comes from the same etcd.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.StateUnavailable"/> if it does not.</exception>
    public void Observe(EtcdEndpoint endpoint, ResponseHeader header)
    {
        var expected = Interlocked.CompareExchange(ref _clusterId, (long)header.ClusterId, 0);
        if (expected != 0 && expected != (long)header.ClusterId)
        {
            throw EtcdFailure.OfOtherCluster(endpoint.Address, header.ClusterId, (ulong)expected);
        }
        for (var seen = SeenRevision; seen < header.Revision; seen = SeenRevision)
        {
            Interlocked.CompareExchange(ref _seen, header.Revision, seen);
        }
    }

    /// <summary>Forgets the token of the authentication if an answer says that it is not valid.</summary>
    /// <returns>Whether the call can be repeated with another one.</returns>
    public bool ForgetToken(RpcException answer)
    {
        var isInvalid =
            _settings.User is not null
            && (
                answer.Status.Detail.Contains("invalid auth token", StringComparison.Ordinal)
                || answer.Status.Detail.Contains("revision of auth store is old", StringComparison.Ordinal)
            );
        if (isInvalid)
        {
            Volatile.Write(ref _token, null);
        }
        return isInvalid;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Dispose();
        }
        _tls.Dispose();
    }

    private EtcdEndpoint EndpointOf(int attempt) => _endpoints[(Volatile.Read(ref _current) + attempt) % _endpoints.Length];

    private async Task<T> CallAsync<T>(
        Func<EtcdEndpoint, CallOptions, Task<T>> call,
        Func<T, ResponseHeader> header,
        bool isRead,
        CancellationToken cancellationToken
    )
    {
        var (start, seen, first) = (_time.GetTimestamp(), SeenRevision, Volatile.Read(ref _current));
        var hasNewToken = false;
        for (var attempt = 0; ; attempt++)
        {
            var index = (first + attempt) % _endpoints.Length;
            var endpoint = _endpoints[index];
            Exception failure;
            bool canRepeat;
            try
            {
                var left = CallTimeout - _time.GetElapsedTime(start);
                var timeout = isRead && _endpoints.Length > 1 && left > MaxAttempt ? MaxAttempt : left;
                var options = new CallOptions(
                    await CreateHeadersAsync(endpoint, cancellationToken),
                    (_time.GetUtcNow() + timeout).UtcDateTime,
                    cancellationToken
                );
                var answer = await call(endpoint, options);
                var revision = header(answer).Revision;
                Observe(endpoint, header(answer));
                if (!isRead || revision >= seen)
                {
                    Volatile.Write(ref _current, index);
                    return answer;
                }
                (failure, canRepeat) = (EtcdFailure.OfOldAnswers(endpoint.Address, revision, seen), true);
            }
            catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
            {
                throw new OperationCanceledException(e.Message, e, cancellationToken);
            }
            catch (RpcException e) when (!hasNewToken && ForgetToken(e))
            {
                (hasNewToken, failure, canRepeat) = (true, e, true); // refused before it was applied
                attempt--;
            }
            // Not only RpcException: writing to the stream of a dead connection throws what the connection threw.
            catch (Exception e)
            {
                (failure, canRepeat) = (e, isRead ? e is not HoldfastException && !IsRefusal(e) : IsCertainlyNotApplied(e));
            }
            if (!canRepeat || CallTimeout - _time.GetElapsedTime(start) <= Pause)
            {
                var isApplied = !isRead && !IsCertainlyNotApplied(failure) && !IsRefusal(failure);
                throw EtcdFailure.Of(endpoint.Address, failure, mayBeApplied: isApplied);
            }
            if ((attempt + 1) % _endpoints.Length == 0)
            {
                await Task.Delay(Pause, _time, cancellationToken);
            }
        }
    }

    // An answer about the request itself, which every member would give.
    private static bool IsRefusal(Exception e) =>
        e
            is RpcException
            {
                StatusCode: StatusCode.InvalidArgument
                    or StatusCode.NotFound
                    or StatusCode.FailedPrecondition
                    or StatusCode.OutOfRange
                    or StatusCode.PermissionDenied
                    or StatusCode.Unauthenticated
                    or StatusCode.ResourceExhausted
            };

    // The connection was not made; or the member has no leader, which it finds out before it does anything, because all calls ask for it
    // (header hasleader).
    private static bool IsCertainlyNotApplied(Exception e) =>
        e is RpcException { StatusCode: StatusCode.Unavailable } call
        && (
            call.Status.DebugException
                is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                    or HttpRequestException
                    {
                        HttpRequestError: HttpRequestError.ConnectionError
                            or HttpRequestError.NameResolutionError
                            or HttpRequestError.SecureConnectionError
                    }
            || call.Status.Detail == "etcdserver: no leader"
        );

    private async ValueTask<Metadata> CreateHeadersAsync(EtcdEndpoint endpoint, CancellationToken cancellationToken)
    {
        var headers = new Metadata { { "hasleader", "true" } };
        if (_settings.User is not null)
        {
            headers.Add("token", Volatile.Read(ref _token) ?? await AuthenticateAsync(endpoint, cancellationToken));
        }
        return headers;
    }

    private async Task<string> AuthenticateAsync(EtcdEndpoint endpoint, CancellationToken cancellationToken)
    {
        await _authenticating.WaitAsync(cancellationToken);
        try
        {
            if (Volatile.Read(ref _token) is { } other)
            {
                return other;
            }
            var answer = await endpoint.Auth.AuthenticateAsync(
                new() { Name = _settings.User!, Password = await ReadPasswordAsync(cancellationToken) },
                new CallOptions(deadline: (_time.GetUtcNow() + CallTimeout).UtcDateTime, cancellationToken: cancellationToken)
            );
            Volatile.Write(ref _token, answer.Token);
            return answer.Token;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"etcd at {endpoint.Address} refuses the user '{_settings.User}': {e.Status.Detail}.",
                "Check the user and the password file.",
                e
            );
        }
        finally
        {
            _authenticating.Release();
        }
    }

    private async Task<string> ReadPasswordAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await File.ReadAllTextAsync(_settings.PasswordFile!, cancellationToken)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"The password file '{_settings.PasswordFile}' for etcd cannot be read: {e.Message}",
                "It must contain the password and be readable by this user.",
                e
            );
        }
    }
}

using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.S3;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// A client that repeats a request only if the store refused its time, with the time corrected by the store's. All other attempts are
/// those of the request pipeline.
/// </summary>
internal sealed class SkewCorrectingClient(AWSCredentials credentials, AmazonS3Config config) : AmazonS3Client(credentials, config)
{
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new OnlySkew()));
    }

    private sealed class OnlySkew : RetryPolicy
    {
        public OnlySkew() => MaxRetries = 1;

        public override bool CanRetry(IExecutionContext executionContext) => true;

        public override bool RetryForException(IExecutionContext executionContext, Exception exception) => false;

        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) =>
            Task.FromResult(false);

        public override bool RetryLimitReached(IExecutionContext executionContext) => executionContext.RequestContext.Retries >= MaxRetries;

        public override void WaitBeforeRetry(IExecutionContext executionContext) { }

        public override Task WaitBeforeRetryAsync(IExecutionContext executionContext) => Task.CompletedTask;
    }
}

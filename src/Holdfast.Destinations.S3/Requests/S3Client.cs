using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.Util;

namespace Holdfast.Destinations.S3.Requests;

/// <summary>
/// A client that repeats a request only if the store refused its time, with the time corrected by the store's: all other attempts are those
/// of the request pipeline. It leaves content out of the signature over plain HTTP as well as over HTTPS: Content-MD5 names it and is
/// signed, and hashing it once more would take as much time as sending it.
/// </summary>
internal sealed class S3Client(AWSCredentials credentials, AmazonS3Config config) : AmazonS3Client(credentials, config)
{
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new OnlySkew()));
        pipeline.AddHandlerBefore<Signer>(new ContentUnsigned());
    }

    // The SDK's own setting for it is refused over HTTP; its signer is not.
    private sealed class ContentUnsigned : PipelineHandler
    {
        private readonly AWS4Signer _signer = new(signPayload: false);

        public override void InvokeSync(IExecutionContext executionContext)
        {
            Choose(executionContext.RequestContext);
            base.InvokeSync(executionContext);
        }

        public override Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            Choose(executionContext.RequestContext);
            return base.InvokeAsync<T>(executionContext);
        }

        private void Choose(IRequestContext context)
        {
            if (
                context.OriginalRequest is PutObjectRequest or UploadPartRequest
                && context.Request.Endpoint.Scheme == Uri.UriSchemeHttp
                && context.Request.Headers.ContainsKey(HeaderKeys.ContentMD5Header)
            )
            {
                context.Signer = _signer;
            }
        }
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

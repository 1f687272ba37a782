using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Destinations.Local;

/// <summary>
/// Makes uploads durable in groups: what comes while one group is being flushed forms the next. A few files are flushed one by one; many
/// by flushing the file system once before and once after they get their names, so that 10,000 small archives do not wait for 10,000 flushes.
/// </summary>
internal sealed class GroupPublisher : IAsyncDisposable
{
    private const int FewFiles = 4;

    private readonly string _root;
    private readonly SafeFileHandle _folder;
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new() { SingleReader = true });
    private readonly Task _loop;

    public GroupPublisher(string root)
    {
        _root = root;
        _folder = Posix.OpenFolder(root);
        _loop = Task.Run(RunAsync);
    }

    private sealed record Request(IReadOnlyList<LocalUpload> Uploads, TaskCompletionSource Done);

    /// <summary>Waits until the uploads are published and on disk.</summary>
    public Task PublishAsync(IReadOnlyList<LocalUpload> uploads)
    {
        var request = new Request(uploads, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _requests.Writer.TryWrite(request);
        return request.Done.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _loop;
        _folder.Dispose();
    }

    private async Task RunAsync()
    {
        var group = new List<Request>();
        while (await _requests.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (_requests.Reader.TryRead(out var request)) group.Add(request);
            Publish(group);
        }
    }

    private void Publish(List<Request> group)
    {
        var renamed = new List<Request>(group.Count);
        try
        {
            var uploads = group.SelectMany(r => r.Uploads).ToList();
            if (uploads.Count <= FewFiles) uploads.ForEach(u => u.Flush());
            else Posix.FlushFileSystem(_folder);
            foreach (var request in group)
            {
                try
                {
                    foreach (var upload in request.Uploads) upload.Rename();
                    renamed.Add(request);
                }
                catch (Exception e)
                {
                    request.Done.TrySetException(LocalFailure.Of(e, _root));
                }
            }

            if (uploads.Count > FewFiles) Posix.FlushFileSystem(_folder);
            else foreach (var folder in uploads.SelectMany(Folders).Distinct(StringComparer.Ordinal)) Posix.FlushFolder(folder);
            foreach (var request in renamed) request.Done.TrySetResult();
        }
        catch (Exception e)
        {
            foreach (var request in group) request.Done.TrySetException(LocalFailure.Of(e, _root));
        }
    }

    // The folder that the name is in, and for each folder that was made the one above it.
    private static IEnumerable<string> Folders(LocalUpload upload) =>
        upload.NewFolders.Select(f => Path.GetDirectoryName(f)!).Append(Path.GetDirectoryName(upload.FullPath)!);
}

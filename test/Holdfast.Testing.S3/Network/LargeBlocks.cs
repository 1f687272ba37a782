using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Testing.S3.Network;

/// <summary>
/// Makes the server receive and send by blocks of 128 KiB instead of 4 KiB, so that it takes little of the processor that it shares with
/// the client.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockBytes = 128 << 10;

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(BlockBytes);

        protected override void Dispose(bool disposing) { }
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Trading.Matching.Contracts;

/// <summary>A client order id as the market keeps it: 128 bits of SHA-256 over its UTF-8. Part of the stored format: it never changes.</summary>
public static class ClientOrderId
{
    public static (ulong High, ulong Low) Digest(ReadOnlySpan<byte> utf8)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }

    public static (ulong High, ulong Low) Digest(string id) => Digest(Encoding.UTF8.GetBytes(id));
}

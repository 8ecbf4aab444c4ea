using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Trading.Gateway;

/// <summary>How large a body may be, and that who sends a larger one hears so.</summary>
internal static class Bodies
{
    /// <summary>Bytes of the largest body that any door reads.</summary>
    public const long BytesMost = 1024 * 1024;

    /// <summary>Bytes that are read and thrown away so that the answer is heard: a sender in the middle of its file sees nothing but a broken connection where the other end just hangs up.</summary>
    private const long DroppedMost = 16 * BytesMost;

    private static readonly TimeSpan DropFor = TimeSpan.FromSeconds(5);

    /// <exception cref="RefusedException">BODY_TOO_LARGE.</exception>
    public static async Task Bound(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentLength is not > BytesMost)
        {
            await next(context);
            return;
        }

        var bytes = context.Request.ContentLength.Value;
        if (bytes <= DroppedMost) await Drop(context);
        throw Json.No("BODY_TOO_LARGE", ("bytes", bytes.ToString(CultureInfo.InvariantCulture)), ("bytesMost", BytesMost.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task Drop(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = DroppedMost;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        enough.CancelAfter(DropFor);
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null, enough.Token);
        }
        catch (OperationCanceledException)
        {
            // Too slow a sender: it is answered all the same, and may not hear it.
        }
    }
}

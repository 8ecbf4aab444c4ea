using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Trading.Support.Between;

/// <summary>A message on its way to the broker or from it.</summary>
/// <param name="Number">Of a publish: which of its channel, as its confirm will name it, or 0 where none was asked for. Of a delivery: its tag.</param>
/// <param name="Where">Of a publish: its exchange, or its queue where it goes to one by name. Of a delivery: the queue read.</param>
/// <param name="Frames">Method, header and body, as they came.</param>
public sealed record Carried(ushort Channel, long Number, string Where, byte[] Body, byte[] Frames)
{
    /// <summary>The delivery that it tells of, and its version; null: it tells of none.</summary>
    public (long Trade, long Version)? Tells
    {
        get
        {
            if (Body.Length == 0 || Body[0] != '{') return null;
            using var json = JsonDocument.Parse(Body);
            if (!json.RootElement.TryGetProperty("message", out var message) || !message.TryGetProperty("tradeNo", out var trade)) return null;
            return (Long(trade), Long(message.GetProperty("version")));
        }
    }

    private static long Long(JsonElement number) => number.ValueKind == JsonValueKind.String ? long.Parse(number.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : number.GetInt64();
}

/// <summary>A client's connection to RabbitMQ: what is published and confirmed, delivered and acknowledged.</summary>
public sealed class AmqpLine : Line
{
    private const int GreetingBytes = 8;
    private const byte MethodFrame = 1;
    private const byte HeaderFrame = 2;
    private const byte FrameEnd = 0xCE;
    private const int ConnectionClose = (10 << 16) | 50;
    private const int ChannelOpen = (20 << 16) | 10;
    private const int ChannelClose = (20 << 16) | 40;
    private const int Consume = (60 << 16) | 20;
    private const int Publish = (60 << 16) | 40;
    private const int Return = (60 << 16) | 50;
    private const int Deliver = (60 << 16) | 60;
    private const int Ack = (60 << 16) | 80;
    private const int Nack = (60 << 16) | 120;
    private const int ConfirmSelect = (85 << 16) | 10;

    private sealed class Channel
    {
        public volatile bool Confirms;
        public long Published;
        public volatile string Reads = "";
        public readonly Half[] Halves = [new(), new()];
    }

    /// <summary>A message of which not all frames have come.</summary>
    private sealed class Half
    {
        public readonly List<byte> Frames = [];
        public readonly List<byte> Body = [];
        public int Method;
        public string Where = "";
        public long Number;
        public long Left = -1;
    }

    private readonly Channel?[] channels = new Channel?[ushort.MaxValue + 1];
    private bool greeted;

    /// <summary>Whether a published message goes on.</summary>
    public Func<AmqpLine, Carried, ValueTask<bool>>? Publishes { get; init; }

    /// <summary>Whether the broker's word on what was published on a channel goes back: its tag, and whether it holds for all before it.</summary>
    public Func<AmqpLine, ushort, long, bool, ValueTask<bool>>? Confirms { get; init; }

    /// <summary>Whether a message that no queue took goes back.</summary>
    public Func<AmqpLine, Carried, ValueTask<bool>>? Returns { get; init; }

    /// <summary>Whether a delivery goes back to its reader.</summary>
    public Func<AmqpLine, Carried, ValueTask<bool>>? Delivers { get; init; }

    /// <summary>Awaited before a reader's word on a delivery goes on: its queue and tag.</summary>
    public Func<AmqpLine, ushort, string, long, ValueTask>? Acks { get; init; }

    /// <summary>Awaited before a client's channel or connection is closed in order.</summary>
    public Func<AmqpLine, ValueTask>? Closes { get; init; }

    /// <summary>As the broker confirms one message.</summary>
    public static byte[] Confirm(ushort channel, long number)
    {
        var frame = new byte[21];
        frame[0] = MethodFrame;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), channel);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), 13);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(7), Ack);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(11), number);
        frame[20] = FrameEnd;
        return frame;
    }

    protected override int LengthOf(Way way, ReadOnlySpan<byte> begins)
    {
        if (way == Way.Forth && !greeted) return GreetingBytes;
        return begins.Length < 7 ? 0 : 8 + BinaryPrimitives.ReadInt32BigEndian(begins[3..]);
    }

    protected override async ValueTask Hear(Way way, ReadOnlyMemory<byte> message)
    {
        if (way == Way.Forth && !greeted) greeted = true;
        else if (!await Passes(way, message)) return;
        Send(way, message.Span);
    }

    private async ValueTask<bool> Passes(Way way, ReadOnlyMemory<byte> frame)
    {
        var number = BinaryPrimitives.ReadUInt16BigEndian(frame.Span[1..]);
        var channel = channels[number] ??= new();
        var half = channel.Halves[(int)way];
        if (frame.Span[0] == MethodFrame)
        {
            var method = BinaryPrimitives.ReadInt32BigEndian(frame.Span[7..]);
            switch (way, method)
            {
                case (Way.Forth, ChannelOpen):
                    channels[number] = new();
                    break;
                case (Way.Forth, ConfirmSelect):
                    channel.Confirms = true;
                    break;
                case (Way.Forth, Consume):
                    channel.Reads = Short(frame.Span, 13, out _);
                    break;
                case (Way.Forth, ChannelClose or ConnectionClose) when Closes is { } closes:
                    await closes(this);
                    break;
                case (Way.Forth, Ack) when Acks is { } acks:
                    await acks(this, number, channel.Reads, BinaryPrimitives.ReadInt64BigEndian(frame.Span[11..]));
                    break;
                case (Way.Back, Ack or Nack) when Confirms is { } confirms:
                    return await confirms(this, number, BinaryPrimitives.ReadInt64BigEndian(frame.Span[11..]), (frame.Span[19] & 1) != 0);
                case (Way.Forth, Publish) or (Way.Back, Return or Deliver):
                    Begin(channel, half, method, frame.Span);
                    return false;
            }

            return true;
        }

        if (half.Method == 0) return true;
        half.Frames.AddRange(frame.Span);
        var payload = frame.Span[7..^1];
        if (frame.Span[0] == HeaderFrame)
        {
            half.Left = BinaryPrimitives.ReadInt64BigEndian(payload[4..]);
        }
        else
        {
            half.Body.AddRange(payload);
            half.Left -= payload.Length;
        }

        if (half.Left == 0) await Whole(number, way, half);
        return false;
    }

    private static void Begin(Channel channel, Half half, int method, ReadOnlySpan<byte> frame)
    {
        (half.Method, half.Left) = (method, -1);
        half.Frames.Clear();
        half.Body.Clear();
        half.Frames.AddRange(frame);
        if (method == Publish)
        {
            var exchange = Short(frame, 13, out var after);
            half.Where = exchange.Length > 0 ? exchange : Short(frame, after, out _);
            half.Number = channel.Confirms ? ++channel.Published : 0;
        }
        else if (method == Deliver)
        {
            Short(frame, 11, out var after);
            (half.Where, half.Number) = (channel.Reads, BinaryPrimitives.ReadInt64BigEndian(frame[after..]));
        }
    }

    private async ValueTask Whole(ushort channel, Way way, Half half)
    {
        var carried = new Carried(channel, half.Number, half.Where, [.. half.Body], [.. half.Frames]);
        var asks = half.Method switch { Publish => Publishes, Return => Returns, _ => Delivers };
        half.Method = 0;
        if (asks is null || await asks(this, carried)) Send(way, carried.Frames);
    }

    private static string Short(ReadOnlySpan<byte> frame, int at, out int after)
    {
        after = at + 1 + frame[at];
        return Encoding.UTF8.GetString(frame[(at + 1)..after]);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Trading.Support.Between;

/// <summary>One statement that a client asked for.</summary>
/// <param name="Bind">The message that binds its parameters; empty where it has none.</param>
public sealed record Asked(string Sql, byte[] Bind)
{
    public bool Says(string words) => Sql.Contains(words, StringComparison.Ordinal);

    /// <summary>A parameter, from 1, as it was sent.</summary>
    public ReadOnlySpan<byte> Parameter(int number)
    {
        var at = 5;
        // Portal and statement, each ended by a zero.
        for (var names = 0; names < 2; names++) at += Bind.AsSpan(at).IndexOf((byte)0) + 1;
        at += 2 + (2 * BinaryPrimitives.ReadInt16BigEndian(Bind.AsSpan(at))) + 2;
        while (true)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(Bind.AsSpan(at));
            at += 4;
            if (--number == 0) return Bind.AsSpan(at, length);
            at += Math.Max(0, length);
        }
    }

    public long Number(int parameter) => BinaryPrimitives.ReadInt64BigEndian(Parameter(parameter));
}

/// <summary>What PostgreSQL answered to what was asked up to one Sync or in one query.</summary>
/// <param name="Asked">In order.</param>
/// <param name="Transaction">All that its transaction asked for, if that ended here; else empty.</param>
/// <param name="Done">Command tags, as "COMMIT" or "UPDATE 0".</param>
/// <param name="Row">The first row, as it came; null: none.</param>
/// <param name="Error">The server refused.</param>
public sealed record Answer(IReadOnlyList<Asked> Asked, IReadOnlyList<Asked> Transaction, IReadOnlyList<string> Done, byte[]? Row, bool Error)
{
    /// <summary>The last column of the first row, a number of this many bytes; null: no row.</summary>
    public long? Number
    {
        get
        {
            if (Row is not { } row) return null;
            var at = 7;
            ReadOnlySpan<byte> value = [];
            for (var column = 0; column < BinaryPrimitives.ReadInt16BigEndian(row.AsSpan(5)); column++)
            {
                var length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(row.AsSpan(at)));
                value = row.AsSpan(at + 4, length);
                at += 4 + length;
            }

            return value.Length switch { 8 => BinaryPrimitives.ReadInt64BigEndian(value), 4 => BinaryPrimitives.ReadInt32BigEndian(value), _ => null };
        }
    }
}

/// <summary>A client's connection to PostgreSQL: which statement is asked for, in which transaction, and what is answered.</summary>
public sealed class PostgresLine : Line
{
    private const int StartupBytes = 8;
    private const int EncryptionAsked = 80_877_103;
    private const int GssEncryptionAsked = 80_877_104;
    private const int CancelAsked = 80_877_102;
    private readonly Dictionary<string, string> prepared = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Queue<List<Asked>> open = [];
    private List<Asked> transaction = [];
    private List<Asked> asking = [];
    private readonly List<string> done = [];
    private byte[]? row;
    private bool error;
    private bool started;
    private int bare;

    /// <summary>Awaited before a statement goes on: "COMMIT" is one as well.</summary>
    public Func<PostgresLine, Asked, ValueTask>? Asks { get; init; }

    /// <summary>Awaited before the end of an answer goes back.</summary>
    public Func<PostgresLine, Answer, ValueTask>? Answers { get; init; }

    /// <summary>The line is over and this was never answered.</summary>
    public Action<PostgresLine, IReadOnlyList<Asked>>? Unanswered { get; init; }

    /// <summary>What was asked for in the transaction that is open, in order.</summary>
    public IReadOnlyList<Asked> Transaction
    {
        get
        {
            lock (gate) return [.. transaction];
        }
    }

    protected override int LengthOf(Way way, ReadOnlySpan<byte> begins)
    {
        if (way == Way.Back && Volatile.Read(ref bare) > 0) return begins.Length > 0 ? 1 : 0;
        if (way == Way.Forth && !started) return begins.Length < StartupBytes ? 0 : BinaryPrimitives.ReadInt32BigEndian(begins);
        return begins.Length < 5 ? 0 : 1 + BinaryPrimitives.ReadInt32BigEndian(begins[1..]);
    }

    protected override async ValueTask Hear(Way way, ReadOnlyMemory<byte> message)
    {
        if (way == Way.Back)
        {
            if (Volatile.Read(ref bare) > 0) Interlocked.Decrement(ref bare);
            else if (Answered(message.Span) is { } answer && Answers is { } answers) await answers(this, answer);
            Send(Way.Back, message.Span);
            return;
        }

        if (!started) Start(message.Span);
        else if (Ask(message.Span) is { } asked && Asks is { } asks) await asks(this, asked);
        Send(Way.Forth, message.Span);
    }

    private void Start(ReadOnlySpan<byte> message)
    {
        var code = BinaryPrimitives.ReadInt32BigEndian(message[4..]);
        // The answer to these is one byte that no length precedes.
        if (code is EncryptionAsked or GssEncryptionAsked) Interlocked.Increment(ref bare);
        else if (code != CancelAsked) started = true;
    }

    private Asked? Ask(ReadOnlySpan<byte> message)
    {
        Asked? asked = null;
        lock (gate)
        {
            switch ((char)message[0])
            {
                case 'P':
                    prepared[Word(message, 5, out var sql)] = Word(message, sql, out _);
                    break;
                case 'B':
                    Word(message, 5, out var statement);
                    asked = new(prepared.GetValueOrDefault(Word(message, statement, out _), ""), message.ToArray());
                    break;
                case 'Q':
                    asked = new(Word(message, 5, out _), []);
                    break;
            }

            if (asked is not null)
            {
                asking.Add(asked);
                transaction.Add(asked);
            }

            if ((char)message[0] is 'Q' or 'S')
            {
                open.Enqueue(asking);
                asking = [];
            }
        }

        return asked;
    }

    private Answer? Answered(ReadOnlySpan<byte> message)
    {
        switch ((char)message[0])
        {
            case 'C':
                done.Add(Word(message, 5, out _));
                return null;
            case 'D':
                row ??= message.ToArray();
                return null;
            case 'E':
                error = true;
                return null;
            case 'Z':
                lock (gate)
                {
                    var ended = message[5] == 'I' && open.Count <= 1 ? transaction : [];
                    if (ended.Count > 0) transaction = [];
                    var answer = open.TryDequeue(out var asked) ? new Answer(asked, ended, [.. done], row, error) : null;
                    done.Clear();
                    (row, error) = (null, false);
                    return answer;
                }

            default:
                return null;
        }
    }

    private static string Word(ReadOnlySpan<byte> message, int at, out int after)
    {
        var length = message[at..].IndexOf((byte)0);
        after = at + length + 1;
        return Encoding.UTF8.GetString(message.Slice(at, length));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (gate)
            {
                List<Asked> left = [.. open.SelectMany(asked => asked), .. asking];
                if (left.Count > 0) Unanswered?.Invoke(this, left);
            }
        }

        base.Dispose(disposing);
    }
}

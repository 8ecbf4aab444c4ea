using System.Text;
using Trading.Matching.Replay;

namespace Trading.Matching.Contracts;

/// <summary>A line that is none of the format's; everything before it was run.</summary>
/// <param name="Column">In characters, from 1.</param>
public sealed record MalformedLine(long Line, int Column, string What);

/// <summary>A market as a file: JSON Lines in, JSON Lines out, on the core that serves live; no clock, no store (docs/matching.md).</summary>
public static class ReplayFile
{
    private const int BufferBytes = 1 << 17;

    /// <summary>Runs the whole of <paramref name="input"/>; what a part of it caused is written before the next part is read.</summary>
    /// <returns>Null where every line was well-formed.</returns>
    public static MalformedLine? Run(Stream input, Stream output)
    {
        var events = new EventWriter(output);
        var stage = new Stage(events);
        var line = new Line();
        var buffer = new byte[BufferBytes];
        var (filled, number) = (0, 0L);
        while (true)
        {
            var read = input.Read(buffer, filled, buffer.Length - filled);
            filled += read;
            var begin = 0;
            while (begin < filled)
            {
                var length = buffer.AsSpan(begin, filled - begin).IndexOf((byte)'\n');
                if (length < 0)
                {
                    if (read > 0) break;
                    // The last line may lack its end.
                    length = filled - begin;
                }

                number++;
                if (!line.Read(buffer.AsMemory(begin, length)))
                {
                    events.Flush();
                    return new(number, line.WrongColumn, line.Wrong!);
                }

                stage.Run(line, number);
                begin += length + 1;
            }

            events.Flush();
            if (read == 0) return null;
            if (begin > 0 && begin < filled) buffer.AsSpan(begin, filled - begin).CopyTo(buffer);
            filled = Math.Max(0, filled - begin);
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    /// <summary>As <see cref="Run(Stream, Stream)"/>, for files that fit the memory.</summary>
    public static (string Output, MalformedLine? Malformed) Run(string input)
    {
        using var output = new MemoryStream();
        using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(input));
        var malformed = Run(bytes, output);
        return (Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), malformed);
    }
}

using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>Where the market writes what happened. Grows once to what a batch needs and is used again.</summary>
public sealed class OutputBuffer
{
    private Pinned<Output> outputs = new(256);
    private int count;

    public int Count => count;

    /// <summary>Written into each output as its <see cref="Output.CommandIndex"/>.</summary>
    internal int Command;

    public ReadOnlySpan<Output> Written => outputs.All[..count];

    public void Clear()
    {
        count = 0;
        Command = 0;
    }

    /// <summary>What was written, to be completed.</summary>
    internal ref Output this[int at] => ref outputs[at];

    /// <summary>A zeroed output to fill in; valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Output Next(OutputKind kind, in Command cause)
    {
        if (count == outputs.Length) Grow();
        ref var next = ref outputs[count];
        count++;
        next = default;
        next.Kind = kind;
        next.CommandIndex = Command;
        next.AtMicros = cause.AtMicros;
        return ref next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow() => outputs.Lengthen(outputs.Length * 2);
}

using System.Runtime.CompilerServices;

namespace Trading.Matching.Core;

/// <summary>Where the market writes what happened. Grows once to what a batch needs and is used again.</summary>
public sealed class OutputBuffer
{
    private Output[] outputs = new Output[256];
    private int count;

    /// <summary>Written into each output as its <see cref="Output.CommandIndex"/>.</summary>
    internal int Command;

    public ReadOnlySpan<Output> Written => outputs.AsSpan(0, count);

    public void Clear()
    {
        count = 0;
        Command = 0;
    }

    /// <summary>A zeroed output to fill in; valid until the next call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref Output Next(OutputKind kind, in Command cause)
    {
        if (count == outputs.Length) Grow();
        ref var next = ref outputs[count++];
        next = default;
        next.Kind = kind;
        next.CommandIndex = Command;
        next.AtMicros = cause.AtMicros;
        return ref next;
    }

    private void Grow() => Array.Resize(ref outputs, outputs.Length * 2);
}

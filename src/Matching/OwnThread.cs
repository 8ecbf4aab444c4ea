namespace Trading.Matching;

/// <summary>Work that must go on though every thread of the pool is busy with requests.</summary>
internal static class OwnThread
{
    /// <summary>Completes when the work has ended, as it ended.</summary>
    public static Task Run(string name, Action work)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                work();
                ended.SetResult();
            }
            catch (Exception failed)
            {
                ended.SetException(failed);
            }
        }) { IsBackground = true, Name = name }.Start();
        return ended.Task;
    }
}

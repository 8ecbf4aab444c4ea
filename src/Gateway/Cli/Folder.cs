namespace Trading.Gateway.Cli;

/// <summary>The folder of the server's data: keys lie in it, so that nobody else looks into one that is made here.</summary>
internal static class Folder
{
    /// <summary>Where no other is named: beside the script, wherever one stands; the script says so.</summary>
    public static string Usual => Environment.GetEnvironmentVariable("TRADING_DATA") is { Length: > 0 } named ? named : ".data";

    /// <exception cref="UsageException">It cannot be made or written; the message says why.</exception>
    public static void Make(string data)
    {
        var path = Path.GetFullPath(data);
        if (File.Exists(path)) throw new UsageException($"--data {path} is a file, and a folder is needed");
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using (new FileStream(Path.Combine(path, ".writable"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose })) { }
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--data {path} cannot be written: {closed.Message}");
        }
    }
}

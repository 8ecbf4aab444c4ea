using Npgsql;

namespace Trading.Matching.Contracts;

/// <summary>How a server opens its database: what it says again and again is planned once a connection, unless the connection string says otherwise.</summary>
public static class Database
{
    private const int StatementsMost = 200;

    public static NpgsqlDataSource Open(string connectionString)
    {
        var named = new NpgsqlConnectionStringBuilder(connectionString);
        if (!named.ContainsKey("Max Auto Prepare")) named.MaxAutoPrepare = StatementsMost;
        return NpgsqlDataSource.Create(named);
    }
}

using Npgsql;
using NpgsqlTypes;

namespace Trading.Registry;

/// <summary>A statement with its values in order.</summary>
internal static class Statement
{
    public static NpgsqlCommand Of(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values)
        {
            command.Parameters.Add(value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown } : new() { Value = value });
        }

        return command;
    }
}

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

    /// <summary>All rows that it answers with, each as it is read.</summary>
    public static async Task<List<T>> Rows<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken stop)
    {
        await using var rows = await command.ExecuteReaderAsync(stop);
        return await rows.Rows(row, stop);
    }

    /// <inheritdoc cref="Rows{T}(NpgsqlCommand, Func{NpgsqlDataReader, T}, CancellationToken)"/>
    public static async Task<List<T>> Rows<T>(this NpgsqlDataReader rows, Func<NpgsqlDataReader, T> row, CancellationToken stop)
    {
        var all = new List<T>();
        while (await rows.ReadAsync(stop)) all.Add(row(rows));
        return all;
    }
}

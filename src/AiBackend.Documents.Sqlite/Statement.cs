using System.Buffers;
using System.Text;
using SQLitePCL;

namespace AiBackend.Documents.Sqlite;

/// <summary>A prepared statement. Disposing ends one use of it; it stays prepared.</summary>
internal sealed class Statement(Connection connection, sqlite3_stmt handle) : IDisposable
{
    private const int StackLimit = 512;

    public int Columns => raw.sqlite3_column_count(handle);

    /// <summary>Binds a stored value (see <see cref="StoredValue"/>) to the parameter, counted from 1.</summary>
    public void Bind(int parameter, object? value)
    {
        var result = value switch
        {
            null => raw.sqlite3_bind_null(handle, parameter),
            string text => BindString(parameter, text),
            long number => raw.sqlite3_bind_int64(handle, parameter, number),
            bool truth => raw.sqlite3_bind_int64(handle, parameter, truth ? 1 : 0),
            double number => raw.sqlite3_bind_double(handle, parameter, number),
            _ => throw new ArgumentException($"A {value.GetType().Name} cannot be bound.", nameof(value)),
        };
        Check(result);
    }

    public void Bind(int parameter, string text) => Check(BindString(parameter, text));

    public void Bind(int parameter, long number) => Check(raw.sqlite3_bind_int64(handle, parameter, number));

    public void BindText(int parameter, ReadOnlySpan<byte> utf8) => Check(raw.sqlite3_bind_text(handle, parameter, utf8));

    /// <summary>Goes to the next row.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Step() => raw.sqlite3_step(handle) switch
    {
        raw.SQLITE_ROW => true,
        raw.SQLITE_DONE => false,
        var result => throw connection.Failure(result),
    };

    /// <summary>The column as UTF-8, valid until the next step or the end of the use.</summary>
    public ReadOnlySpan<byte> Utf8(int column) => raw.sqlite3_column_blob(handle, column);

    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public void Dispose()
    {
        _ = raw.sqlite3_reset(handle);
        _ = raw.sqlite3_clear_bindings(handle);
    }

    public void Finish() => handle.Dispose();

    private int BindString(int parameter, string text)
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = size <= StackLimit ? stackalloc byte[StackLimit] : rented = ArrayPool<byte>.Shared.Rent(size);
        var length = Encoding.UTF8.GetBytes(text, buffer);
        var result = raw.sqlite3_bind_text(handle, parameter, buffer[..length]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return result;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw connection.Failure(result);
        }
    }
}

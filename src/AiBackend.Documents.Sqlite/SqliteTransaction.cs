using System.Buffers;
using System.Text.Json;

namespace AiBackend.Documents.Sqlite;

/// <summary>One work function's part of the shared transaction. All operations are done when they return.</summary>
internal sealed class SqliteTransaction(Connection connection, DocumentTables tables) : ITransaction
{
    private readonly int thread = Environment.CurrentManagedThreadId;
    private List<string>? signals;
    private bool isEnded;

    /// <summary>To be raised once the commit is durable.</summary>
    public IReadOnlyList<string> Signals => signals ?? [];

    /// <summary>Refuses what a function that was left behind may still try.</summary>
    public void End() => isEnded = true;

    public ValueTask<T?> FindAsync<T>(string id)
        where T : Document =>
        ValueTask.FromResult(tables.Find<T>(Open(), id));

    public ValueTask<IReadOnlyList<T>> ListAsync<T>(Query<T> query)
        where T : Document =>
        ValueTask.FromResult<IReadOnlyList<T>>(tables.List<T, T>(Open(), query));

    public ValueTask InsertAsync<T>(T document)
        where T : Document
    {
        var table = tables.Of<T>();
        using var statement = Open().Use(table.InsertSql);
        var stored = At(document, 1);
        BindDocument(statement, table, stored, ulong.MaxValue);
        Write(statement, table);
        return ValueTask.CompletedTask;
    }

    public ValueTask<T?> UpdateAsync<T>(string id, Func<T, T> change)
        where T : Document
    {
        if (tables.Find<T>(Open(), id) is not { } found)
        {
            return ValueTask.FromResult<T?>(null);
        }

        var changed = change(found);
        return ValueTask.FromResult<T?>(ReferenceEquals(changed, found) ? found : Update(found, changed));
    }

    public ValueTask<T> ReplaceAsync<T>(T document)
        where T : Document
    {
        var table = tables.Of<T>();
        using var statement = Open().Use(table.ReplaceSql);
        var stored = At(document, document.Version + 1);
        BindDocument(statement, table, stored, ulong.MaxValue);
        statement.Bind(table.Fields.Count + 4, document.Version);
        return Write(statement, table) == 1
            ? ValueTask.FromResult(stored)
            : throw new VersionConflictException(table.Set.Name, document.Id);
    }

    public ValueTask<bool> DeleteAsync<T>(string id)
        where T : Document
    {
        var table = tables.Of<T>();
        using var statement = Open().Use(table.DeleteSql);
        statement.Bind(1, id);
        return ValueTask.FromResult(Write(statement, table) == 1);
    }

    public ValueTask<int> DeleteAllAsync<T>(Query<T> query)
        where T : Document
    {
        var table = tables.Of<T>();
        tables.RequireServed(table, query, isOrdered: query.Limit is not null);
        using var statement = QuerySql.Delete(table, query).On(Open());
        return ValueTask.FromResult(Write(statement, table));
    }

    public void Signal(string topic)
    {
        Open();
        signals ??= [];
        if (!signals.Contains(topic))
        {
            signals.Add(topic);
        }
    }

    /// <summary>Takes the first document that the query finds; null when there is none.</summary>
    public T? Claim<T>(Query<T> query, Lease lease)
        where T : LeasedDocument
    {
        var found = tables.List<T, T>(Open(), query.Take(1));
        return found is [var document]
            ? Update(document, (T)((LeasedDocument)document with { LeaseOwner = lease.Owner, DueAt = lease.Until, Attempts = document.Attempts + 1 }))
            : null;
    }

    /// <summary>Removes the documents of one set whose time has passed.</summary>
    public int RemoveExpired(SetTable table, DateTimeOffset now, int limit)
    {
        var column = table.Column(table.Set.ExpiryField!.Value);
        using var statement = Open().Use(
            $"DELETE FROM {table.Name} WHERE id IN (SELECT id FROM {table.Name} WHERE {column} <= ?1 ORDER BY {column} LIMIT ?2)");
        statement.Bind(1, UtcTimeConverter.Text(now));
        statement.Bind(2, limit);
        return Write(statement, table);
    }

    /// <summary>A write that shows whether the database takes any.</summary>
    public void Check() => Open().Execute("UPDATE store_checks SET checks = checks + 1");

    private T Update<T>(T found, T changed)
        where T : Document
    {
        var table = tables.Of<T>();
        if (changed.Id != found.Id)
        {
            throw new InvalidOperationException($"A change of {table.Set.Name} gave the document {found.Id} the id {changed.Id}.");
        }

        var stored = At(changed, found.Version + 1);
        var bits = 0UL;
        for (var i = 0; i < table.Fields.Count; i++)
        {
            if (!Equals(table.Fields[i].Read(found), table.Fields[i].Read(stored)))
            {
                bits |= 1UL << i;
            }
        }

        using var statement = connection.Use(table.UpdateSql(bits));
        BindDocument(statement, table, stored, bits);
        Write(statement, table);
        return stored;
    }

    private static T At<T>(T document, long version)
        where T : Document =>
        (T)((Document)document with { Version = version });

    private static void BindDocument<T>(Statement statement, SetTable table, T document, ulong fields)
        where T : Document
    {
        statement.Bind(1, document.Id);
        statement.Bind(2, document.Version);
        var json = BodyBuffer.Write(document);
        statement.BindText(3, json);
        for (var i = 0; i < table.Fields.Count; i++)
        {
            if ((fields & (1UL << i)) != 0)
            {
                statement.Bind(i + 4, table.Fields[i].Read(document));
            }
        }
    }

    private int Write(Statement statement, SetTable table)
    {
        try
        {
            while (statement.Step())
            {
            }

            return connection.Changes;
        }
        catch (UniqueViolationException violation)
        {
            throw table.Duplicate(violation);
        }
    }

    private Connection Open() => !isEnded && Environment.CurrentManagedThreadId == thread
        ? connection
        : throw new InvalidOperationException("The commit has ended. A commit's work must await nothing but its transaction's operations.");

    /// <summary>The writer thread's buffer for the JSON of one document at a time.</summary>
    private static class BodyBuffer
    {
        private const int KeptCapacity = 1 << 20;

        [ThreadStatic]
        private static ArrayBufferWriter<byte>? buffer;

        [ThreadStatic]
        private static Utf8JsonWriter? writer;

        public static ReadOnlySpan<byte> Write<T>(T document)
        {
            if (buffer is null || writer is null || buffer.Capacity > KeptCapacity)
            {
                buffer = new ArrayBufferWriter<byte>(4_096);
                writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = DocumentJson.Options.Encoder, SkipValidation = true });
            }

            buffer.ResetWrittenCount();
            writer.Reset();
            JsonSerializer.Serialize(writer, document, DocumentJson.Options);
            return buffer.WrittenSpan;
        }
    }
}

// The bare reference of the load program: ASP.NET Core and SQLite in WAL mode that store and list rows, nothing else. No keys,
// tenants, validation, runs, events or idempotency. Arguments: database file, port.
using System.Globalization;
using Microsoft.Data.Sqlite;

SQLitePCL.Batteries_V2.Init();
var connectionString = new SqliteConnectionStringBuilder { DataSource = args[0] }.ToString();
using (var setup = Open())
{
    Execute(setup, "PRAGMA journal_mode = WAL");
    Execute(
        setup,
        """
        CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, created_at TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS messages (
          id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, created_at TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS messages_by_session ON messages (session_id, id);
        """);
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{args[1]}");
var app = builder.Build();

app.MapPost("/sessions", () =>
{
    var id = Guid.CreateVersion7().ToString("n");
    using var connection = Open();
    Execute(connection, "INSERT INTO sessions (id, created_at) VALUES ($id, $at)", ("$id", id), ("$at", Now()));
    return Results.Json(new { id }, statusCode: StatusCodes.Status201Created);
});

app.MapPost("/messages", (NewMessage message) =>
{
    var createdAt = Now();
    using var connection = Open();
    var id = Execute(
        connection,
        "INSERT INTO messages (session_id, role, text, created_at) VALUES ($session, 'user', $text, $at) RETURNING id",
        ("$session", message.SessionId), ("$text", message.Text), ("$at", createdAt));
    return Results.Json(
        new Message((long)id!, message.SessionId, "user", message.Text, createdAt), statusCode: StatusCodes.Status201Created);
});

app.MapGet("/sessions/{id}/messages", (string id) =>
{
    using var connection = Open();
    using var command = connection.CreateCommand();
    command.CommandText = "SELECT id, session_id, role, text, created_at FROM messages WHERE session_id = $session ORDER BY id DESC LIMIT 50";
    command.Parameters.AddWithValue("$session", id);
    using var reader = command.ExecuteReader();
    var messages = new List<Message>();
    while (reader.Read())
    {
        messages.Add(new Message(
            reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4)));
    }

    return messages;
});

app.MapGet("/ready", () => "ready");
app.Run();

SqliteConnection Open()
{
    var connection = new SqliteConnection(connectionString);
    connection.Open();
    Execute(connection, "PRAGMA synchronous = FULL");
    return connection;
}

static object? Execute(SqliteConnection connection, string sql, params (string Name, object Value)[] parameters)
{
    using var command = connection.CreateCommand();
    command.CommandText = sql;
    foreach (var (name, value) in parameters)
    {
        command.Parameters.AddWithValue(name, value);
    }

    return command.ExecuteScalar();
}

static string Now() => DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture);

internal sealed record NewMessage(string SessionId, string Text);

internal sealed record Message(long Id, string SessionId, string Role, string Text, string CreatedAt);

using Npgsql;

namespace AiBackend.Tests.Support;

public sealed class PostgresServerTests(PostgresServer postgres)
{
    [Fact]
    public async Task Each_test_has_a_database_of_its_own()
    {
        var first = await postgres.CreateDatabaseAsync("CREATE TABLE only_here (id int)");
        var second = await postgres.CreateDatabaseAsync();

        var error = await Assert.ThrowsAsync<PostgresException>(() => second.QueryAsync("SELECT * FROM only_here"));

        Assert.Equal(PostgresErrorCodes.UndefinedTable, error.SqlState);
        Assert.Empty(await first.QueryAsync("SELECT * FROM only_here"));
    }
}

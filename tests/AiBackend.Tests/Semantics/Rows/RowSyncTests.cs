using AiBackend.Semantics.Rows;
using AiBackend.Tests.Support;

namespace AiBackend.Tests.Semantics.Rows;

/// <summary>Rows of real databases, from the database to the search and back to the row.</summary>
public sealed class RowSyncTests(RowStores app, PostgresServer postgres, MariaDbServer mariaDb) : IClassFixture<RowStores>
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("duckdb")]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task Rows_are_found_by_search_change_with_their_rows_and_go_with_them(string kind)
    {
        var bench = await NewAsync(
            kind,
            """
            CREATE TABLE articles (id INT PRIMARY KEY, headline VARCHAR(200), summary VARCHAR(200), body VARCHAR(2000), changed_at DATETIME(6));
            INSERT INTO articles VALUES
              (1, 'Zephyrs', 'mild', 'The zephyrberry grows in the west.', '2024-01-01 10:00:00.123456'),
              (2, 'Quinces', NULL, 'The quillquince keeps <b>until spring</b> & longer, "they" say 🍐.', '2024-01-01 10:00:00.123456'),
              (3, NULL, 'sour', 'The mossmedlar is eaten when it rots.', NULL),
              (4, 'Nothing', '  ', NULL, '2024-01-01 10:00:00.123456');
            """);
        await bench.SetAsync(bench.Rows("articles", ["summary", "body"], updated: "changed_at", title: "headline"));

        Assert.Equal(new RowCounts(3, 0, 0, 0, 1), await bench.SyncAsync());
        var hit = Assert.Single(await bench.FindAsync("zephyrberry"));
        Assert.Equal(("Zephyrs", "summary: mild\n\nbody: The zephyrberry grows in the west."), (hit.Text("title"), hit.Text("text")));
        var table = kind switch { "sqlite" => "articles", "duckdb" => "main.articles", "postgres" => "public.articles", _ => "articles" };
        var citation = hit.GetProperty("metadata");
        Assert.Equal((bench.StoreId, "1"), (citation.Text("data_store_id"), citation.Text("id")));
        Assert.EndsWith(table, citation.Text("table"), StringComparison.Ordinal);
        var document = (await bench.DocumentsAsync()).Single(document => document.Id == hit.Text("document_id"));
        Assert.Equal($"{bench.StoreId}:{citation.Text("table")}:1", document.ExternalId);
        Assert.Contains("""<b>until spring</b> & longer, "they" say 🍐.""", Assert.Single(await bench.FindAsync("quillquince")).Text("text"), StringComparison.Ordinal);

        await bench.Database.ExecuteAsync(
            """
            UPDATE articles SET body = 'The pepperplum is new.', changed_at = '2024-01-01 10:00:00.123457' WHERE id = 2;
            UPDATE articles SET body = 'The mossmedlar is bletted.' WHERE id = 3;
            DELETE FROM articles WHERE id = 1;
            INSERT INTO articles VALUES (-5, 'Late', 'x', 'The hawthornhip came late.', '1999-01-01 00:00:00');
            """);
        Assert.Equal(new RowCounts(1, 2, 0, 1, 1), await bench.SyncAsync());

        Assert.Empty(await bench.FindAsync("zephyrberry"));
        Assert.Empty(await bench.FindAsync("quillquince"));
        Assert.Equal(["2"], await bench.FindRowsAsync("pepperplum"));
        Assert.Equal(["3"], await bench.FindRowsAsync("bletted"));
        Assert.Equal(["-5"], await bench.FindRowsAsync("hawthornhip"));
        Assert.Equal(new RowCounts(0, 0, 3, 0, 1), await bench.SyncAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("duckdb")]
    [InlineData("postgres")]
    [InlineData("mysql")]
    public async Task Of_many_rows_with_one_time_none_is_lost_or_taken_twice_at_the_ends_of_pages(string kind)
    {
        // Two pages and a row, few of which have a text; in the order of the keys they stand otherwise than by number.
        var bench = await NewAsync(
            kind,
            $"""
            CREATE TABLE notes (code VARCHAR(40) PRIMARY KEY, body VARCHAR(200), changed_at DATETIME(6), grown INT);
            INSERT INTO notes (code, body, changed_at, grown) VALUES
            {string.Join(",\n", Enumerable.Range(0, 1_001).Select(i => $"('{(i % 3) switch { 0 => "it''s ", 1 => "Ünï 😀 ", _ => "\"" }}{i}', {(i % 25 == 0 ? "'note'" : "NULL")}, '2024-01-01 10:00:00', {i})"))};
            """);
        await bench.SetAsync(bench.Rows("notes", ["body"], id: "code", updated: "changed_at"));

        Assert.Equal(new RowCounts(41, 0, 0, 0, 960), (await bench.EndOfSyncAsync()).RowCounts());
        Assert.Equal(41, (await bench.DocumentsAsync()).Select(document => document.Metadata.ToElement().Text("id")).Distinct().Count());

        await bench.Database.ExecuteAsync("UPDATE notes SET body = 'another', changed_at = '2024-01-01 10:00:01' WHERE grown >= 400 AND body IS NOT NULL; DELETE FROM notes WHERE grown IN (7, 25);");
        Assert.Equal(new RowCounts(0, 25, 15, 1, 959), (await bench.EndOfSyncAsync()).RowCounts());
        Assert.Equal(40, (await bench.DocumentsAsync()).Count);
    }

    [Fact]
    public async Task A_table_or_column_that_is_gone_is_told_and_loses_nothing()
    {
        var bench = await NewAsync(
            "sqlite",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE empty (id INTEGER PRIMARY KEY, body TEXT);"
            + "INSERT INTO a VALUES (1, 'alderalpha'); INSERT INTO b VALUES (1, 'birchbeta');");
        await bench.SetAsync(bench.Rows("a", ["body"]), bench.Rows("b", ["body"]), bench.Rows("empty", ["body"]));
        Assert.Equal(new RowCounts(2, 0, 0, 0, 0), await bench.SyncAsync());

        await bench.Database.ExecuteAsync("ALTER TABLE b RENAME COLUMN body TO text; DELETE FROM a");
        Assert.Equal(("column_not_found", "The table b has no column body, which is its text_columns in documents."), await bench.FailAsync());
        Assert.Equal((1, 1), ((await bench.FindAsync("alderalpha")).Length, (await bench.FindAsync("birchbeta")).Length));

        await bench.Database.ExecuteAsync("ALTER TABLE b RENAME COLUMN text TO body; ALTER TABLE b RENAME TO c");
        Assert.Equal(
            ("table_not_found", "There is no table b, or the data store's user may not see it. Its documents stay until it is taken out of documents."), await bench.FailAsync());
        Assert.Equal((1, 1), ((await bench.FindAsync("alderalpha")).Length, (await bench.FindAsync("birchbeta")).Length));

        await bench.Database.ExecuteAsync("ALTER TABLE c RENAME TO b");
        Assert.Equal(new RowCounts(0, 0, 1, 1, 0), await bench.SyncAsync());
        Assert.Equal((0, 1), ((await bench.FindAsync("alderalpha")).Length, (await bench.FindAsync("birchbeta")).Length));

        await bench.SetAsync(bench.Rows("empty", ["body"]));
        Assert.Equal(new RowCounts(0, 0, 0, 1, 0), await bench.SyncAsync());
        Assert.Empty(await bench.DocumentsAsync());
    }

    [Fact]
    public async Task Values_of_any_type_are_texts()
    {
        var bench = await NewAsync(
            "postgres",
            """
            CREATE TABLE t (id int PRIMARY KEY, f double precision, raw bytea, j jsonb, tags text[], yes boolean, none text, word text, html text, big numeric, at timestamptz);
            INSERT INTO t VALUES (1, 'NaN', '\x00ff', '{"wide": [1, null]}', ARRAY['red', 'a,b'], true, NULL, 'null', '<p>Ana&amp;Bo <script>x</script></p>', 12345678901234567890.50, '2024-02-29 23:59:59.5+02');
            """);
        await bench.SetAsync(bench.Rows("t", ["f", "raw", "j", "tags", "yes", "none", "word", "html", "big", "at"]));
        await bench.SyncAsync();

        var hit = Assert.Single(await bench.FindAsync("wide"));
        Assert.Equal(
            "f: NaN\n\nraw: \\x00ff\n\nj: {\"wide\": [1, null]}\n\ntags: {red,\"a,b\"}\n\nyes: true\n\nword: null\n\nhtml: <p>Ana&amp;Bo <script>x</script></p>\n\n"
            + "big: 12345678901234567890.50\n\nat: 2024-02-29T21:59:59.5Z",
            hit.Text("text"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_local_time_far_behind_ours_is_not_relied_on_and_one_of_a_known_zone_is(string kind)
    {
        // It is 09:26:53. Eight hours west of us a row was just changed, and changes once more in the same second.
        var zoned = kind == "postgres" ? "TIMESTAMPTZ" : "VARCHAR(40)";
        var bench = await NewAsync(
            kind,
            $"""
            CREATE TABLE local (id INT PRIMARY KEY, body VARCHAR(40), at DATETIME(6));
            CREATE TABLE zoned (id INT PRIMARY KEY, body VARCHAR(40), at {zoned});
            INSERT INTO local VALUES (1, 'one', '2026-03-14 01:26:53'), (2, 'two', '2026-03-13 21:16:52');
            INSERT INTO zoned VALUES (1, 'one', '2026-03-14T09:16:54Z'), (2, 'two', '2026-03-14T09:16:52Z');
            """);
        await bench.SetAsync(bench.Rows("local", ["body"], updated: "at"), bench.Rows("zoned", ["body"], updated: "at"));
        Assert.Equal(4, (await bench.SyncAsync()).Added);

        await bench.Database.ExecuteAsync("UPDATE local SET body = body || ' again'; UPDATE zoned SET body = body || ' again'");

        Assert.Equal(new RowCounts(0, 4, 0, 0, 0), await bench.SyncAsync());
        await bench.Database.ExecuteAsync("UPDATE local SET body = 'seen' WHERE id = 1; UPDATE zoned SET body = 'seen' WHERE id = 1");
        Assert.Equal(new RowCounts(0, 2, 2, 0, 0), await bench.SyncAsync());
        await bench.Database.ExecuteAsync("UPDATE local SET body = 'unseen' WHERE id = 2; UPDATE zoned SET body = 'unseen' WHERE id = 2; DELETE FROM local WHERE id = 1; DELETE FROM zoned WHERE id = 1");
        Assert.Equal(new RowCounts(0, 0, 2, 2, 0), await bench.SyncAsync());
    }

    [Fact]
    public async Task As_many_rows_become_documents_as_the_client_may_have_and_the_rest_once_it_may()
    {
        var bench = await NewAsync("sqlite", $"CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES {string.Join(", ", Enumerable.Range(1, 150).Select(i => $"({i}, 'text {i}')"))}");
        await bench.SetAsync(bench.Rows("t", ["body"]));
        await QuotaAsync(149);

        var job = await bench.EndOfSyncAsync();
        Assert.Equal(("failed", "quota_exceeded"), (job.Text("status"), job.GetProperty("error").Text("code")));
        Assert.Equal(
            "Not all rows of t can become documents: the client may have 149 documents. Delete some, or ask for more.", job.GetProperty("error").Text("detail"));
        Assert.Equal(100, (await bench.DocumentsAsync()).Count);

        await QuotaAsync(150);
        await (await bench.Tenant.Http.PostJsonAsync($"/api/v1/semantic/sync-jobs/{job.Text("id")}/requeue")).ExpectAsync(200);
        var again = await bench.WaitAsync(job.Text("id"));
        Assert.Equal(("completed", new RowCounts(150, 0, 0, 0, 0)), (again.Text("status"), again.RowCounts()));
        Assert.Equal(150, (await bench.DocumentsAsync()).Count);

        async Task QuotaAsync(int documents) => await (await app.Admin.PatchJsonAsync(
            $"/api/v1/clients/{bench.Tenant.ClientId}", new { settings = new { quotas = new { documents } } })).ExpectAsync(200);
    }

    // The statements are those of MariaDB where the others have another name.
    private async Task<RowBench> NewAsync(string kind, string sql) => await RowBench.NewAsync(
        app,
        await app.NewDatabaseAsync(kind, postgres, mariaDb),
        kind == "mysql" ? sql : sql.Replace("DATETIME(6)", "TIMESTAMP", StringComparison.Ordinal));
}

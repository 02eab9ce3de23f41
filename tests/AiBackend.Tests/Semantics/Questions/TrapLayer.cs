using System.Text.Json;
using System.Text.Json.Nodes;
using AiBackend.Search.Embedding;
using AiBackend.Semantics.Cube;
using AiBackend.Semantics.Questions;

namespace AiBackend.Tests.Semantics.Questions;

/// <summary>A layer as it is generated of tables in which words, times and roles of neighbours lie in wait.</summary>
internal static class TrapLayer
{
    public static readonly LayerLexicon Lexicon = new(
        CubeMetaJson.Read(JsonSerializer.SerializeToElement(new JsonObject
        {
            ["cubes"] = new JsonArray(
                Cube("orders", ["status", "ordered_at:time", "total:number"], "customers", "shops", ">invoices", ">payments", ">shipments"),
                Cube("invoices", ["paid:boolean", "amount:number", "issued_at:time"], "orders"),
                Cube("payments", ["method", "amount:number", "paid_at:time"], "orders"),
                Cube("shipments", ["cost:number", "delivered:boolean", "delivered_at:time"], "orders"),
                Cube("customers", ["name", "birthday:time"], ">orders", ">subscriptions", "customers_referred_by"),
                Cube("customers_referred_by", ["name"]),
                Cube("subscriptions", ["plan"], "customers"),
                Cube("shops", ["name"], ">orders", ">stock"),
                Cube("stock", ["quantity:number"], "shops"),
                Cube("employees", ["name", "salary:number", "hired_on:time"], "employees_manager", ">targets", ">calls"),
                Cube("employees_manager", ["name", "salary:number"]),
                Cube("targets", ["year:number", "target:number"], "employees"),
                Cube("addresses", ["street"], ">residents"),
                Cube("residents", ["name", "moved_in:time"], "addresses"),
                Cube("calls", ["topic", "called_at:time"], "employees"),
                Cube("grades", ["letter"], "shops"),
                Cube("rooms", ["floor"], ">bookings"),
                Cube("bookings", ["created_at:time"], "rooms")),
        })),
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["orders.status"] = ["paid", "shipped"],
            ["payments.method"] = ["card", "cash"],
            ["customers.name"] = ["Anna May", "Bob Ray"],
            ["customers_referred_by.name"] = ["Anna May"],
            ["employees.name"] = ["Emp 1", "Emp 2"],
            ["employees_manager.name"] = ["Emp 1", "Emp 2"],
            ["grades.letter"] = ["A", "B"],
        },
        new Lazy<StaticEmbedder>(StaticEmbedder.LoadBuiltIn).Value.Embed);

    /// <summary>Tables with units, kinds and codes in their names and values, and two ways from parcels to countries.</summary>
    public static readonly LayerLexicon Freight = new(
        CubeMetaJson.Read(JsonSerializer.SerializeToElement(new JsonObject
        {
            ["cubes"] = new JsonArray(
                Cube("parcels", ["weight_kg:number", "unloading_minutes:number", "booked_at:time"], "senders", "receivers", ">claims", ">shipment_legs"),
                Cube("shipment_legs", ["leg_no"], "parcels", "carriers", "vehicles"),
                Cube("claims", ["claim_type", "status", "opened_on:time"], "parcels"),
                Cube("carriers", ["company_name", "country", "rating:number", "preferred:boolean"], ">shipment_legs"),
                Cube("vehicles", ["vehicle_type", "fuel"], ">shipment_legs"),
                Cube("senders", ["sender_no"], "countries"),
                Cube("receivers", ["receiver_no"], "countries"),
                Cube("countries", ["name", "joined_on:time"])),
        })),
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["claims.status"] = ["open", "settled"],
            ["carriers.country"] = ["AT", "NO", "DE"],
            ["vehicles.vehicle_type"] = ["van", "truck"],
            ["vehicles.fuel"] = ["electric", "diesel"],
        },
        null);

    // Columns are texts unless a type follows. A join to many rows begins with ">".
    private static JsonObject Cube(string name, string[] columns, params string[] joins)
    {
        JsonObject Member(string member, string type, string? aggregate = null) => new()
        {
            ["name"] = $"{name}.{member}",
            ["title"] = $"{Words(name)} {Words(member)}",
            ["shortTitle"] = Words(member),
            ["type"] = type,
            ["aggType"] = aggregate,
            ["primaryKey"] = member == "id",
        };
        var typed = columns.Select(column => column.Split(':')).Select(parts => (Name: parts[0], Type: parts.Length > 1 ? parts[1] : "string")).ToList();
        var numbers = typed.Where(column => column.Type == "number" && column.Name != "year").SelectMany(column => new[] { "sum", "avg", "min", "max" }.Select(type => Member($"{column.Name}_{type}", "number", type)));
        return new JsonObject
        {
            ["name"] = name,
            ["title"] = Words(name),
            ["type"] = "cube",
            ["connectedComponent"] = name switch { "rooms" or "bookings" => 2, "addresses" or "residents" => 3, _ => 1 },
            ["joins"] = new JsonArray([.. joins.Select(join => (JsonNode)new JsonObject { ["name"] = join.TrimStart('>'), ["relationship"] = join[0] == '>' ? "hasMany" : "belongsTo" })]),
            ["measures"] = new JsonArray([Member("count", "number", "count"), .. numbers]),
            ["dimensions"] = new JsonArray([Member("id", "number"), .. typed.Select(column => Member(column.Name, column.Type))]),
            ["segments"] = new JsonArray(),
        };
    }

    private static string Words(string name) => string.Join(' ', name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}

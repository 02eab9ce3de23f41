using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiBackend.Documents;

/// <summary>The place of a field in the stored JSON, such as <c>session_id</c> or <c>sender.id</c>.</summary>
public readonly record struct FieldPath
{
    private static readonly ConcurrentDictionary<MemberInfo, string> Names = new();

    private FieldPath(string value) => Value = value;

    /// <summary>The names joined by dots, in snake case.</summary>
    public string Value { get; }

    /// <summary>The document's id.</summary>
    public static FieldPath Id { get; } = new("id");

    /// <summary>The owning client of a <see cref="TenantDocument"/>.</summary>
    public static FieldPath ClientId { get; } = new("client_id");

    /// <summary>The path that a selector such as <c>m => m.Sender.Id</c> names.</summary>
    /// <exception cref="ArgumentException">The selector is more than a chain of properties.</exception>
    public static FieldPath Of(LambdaExpression selector)
    {
        var body = selector.Body;
        while (body is UnaryExpression { NodeType: ExpressionType.Convert } convert)
        {
            body = convert.Operand;
        }

        if (body is not MemberExpression member)
        {
            throw new ArgumentException($"'{selector}' does not name a field.", nameof(selector));
        }

        var path = NameOf(member.Member);
        while (member.Expression is MemberExpression outer)
        {
            path = $"{NameOf(outer.Member)}.{path}";
            member = outer;
        }

        return new FieldPath(path);
    }

    /// <inheritdoc />
    public override string ToString() => Value;

    private static string NameOf(MemberInfo member) => Names.GetOrAdd(
        member,
        static found => found.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
            ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(found.Name));
}

using AiBackend.Tests.Support;

namespace AiBackend.Tests.Events;

public sealed class ProcessorSecretTests(EventsFixture app) : IClassFixture<EventsFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_secrets_sign_during_the_overlap_and_then_the_new_one_alone()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var old = processor.Text("secret");

        var rotated = await (await tenant.Http.PostJsonAsync(
            $"/api/v1/event-processors/{processor.Text("id")}/rotate-secret", new { overlap_seconds = 600 })).ExpectAsync(200);
        await app.RaiseAsync(tenant);
        var during = await receiver.NextRequestAsync(Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(600));
        await app.RaiseAsync(tenant);
        var after = await receiver.NextRequestAsync(Ct);

        Assert.NotEqual(old, rotated.Text("secret"));
        Assert.True(EventsFixture.IsSignedWith(during, old));
        Assert.True(EventsFixture.IsSignedWith(during, rotated.Text("secret")));
        Assert.False(EventsFixture.IsSignedWith(after, old));
        Assert.True(EventsFixture.IsSignedWith(after, rotated.Text("secret")));
        Assert.Equal(2, during.Headers["webhook-signature"].Split(' ').Length);
        Assert.Single(after.Headers["webhook-signature"].Split(' '));
        Assert.Equal("***", (await tenant.Http.GetJsonAsync($"/api/v1/event-processors/{processor.Text("id")}")).Text("secret"));
    }

    [Fact]
    public async Task Without_a_body_the_overlap_is_a_day()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        await (await tenant.Http.PostJsonAsync($"/api/v1/event-processors/{processor.Text("id")}/rotate-secret")).ExpectAsync(200);
        app.Clock.Advance(TimeSpan.FromSeconds(86_399));
        await app.RaiseAsync(tenant);
        var before = await receiver.NextRequestAsync(Ct);
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.RaiseAsync(tenant);
        var after = await receiver.NextRequestAsync(Ct);

        Assert.True(EventsFixture.IsSignedWith(before, processor.Text("secret")));
        Assert.False(EventsFixture.IsSignedWith(after, processor.Text("secret")));
    }

    [Fact]
    public async Task Without_an_overlap_the_old_secret_stops_at_once()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);

        var rotated = await (await tenant.Http.PostJsonAsync(
            $"/api/v1/event-processors/{processor.Text("id")}/rotate-secret", new { overlap_seconds = 0 })).ExpectAsync(200);
        await app.RaiseAsync(tenant);
        var request = await receiver.NextRequestAsync(Ct);

        Assert.False(EventsFixture.IsSignedWith(request, processor.Text("secret")));
        Assert.True(EventsFixture.IsSignedWith(request, rotated.Text("secret")));
    }

    [Fact]
    public async Task A_later_rotation_does_not_lengthen_an_overlap_and_five_secrets_sign_at_most()
    {
        await using var receiver = await Receiver.StartNewAsync();
        var tenant = await app.NewTenantAsync();
        var processor = await EventsFixture.NewProcessorAsync(tenant, receiver.Url);
        var path = $"/api/v1/event-processors/{processor.Text("id")}/rotate-secret";

        await (await tenant.Http.PostJsonAsync(path, new { overlap_seconds = 60 })).ExpectAsync(200);
        await (await tenant.Http.PostJsonAsync(path, new { overlap_seconds = 600 })).ExpectAsync(200);
        app.Clock.Advance(TimeSpan.FromSeconds(60));
        await app.RaiseAsync(tenant);
        var two = await receiver.NextRequestAsync(Ct);
        for (var i = 0; i < 4; i++)
        {
            await (await tenant.Http.PostJsonAsync(path, new { overlap_seconds = 600 })).ExpectAsync(200);
        }

        await app.RaiseAsync(tenant);
        var five = await receiver.NextRequestAsync(Ct);

        Assert.Equal(2, two.Headers["webhook-signature"].Split(' ').Length);
        Assert.False(EventsFixture.IsSignedWith(two, processor.Text("secret")));
        Assert.Equal(5, five.Headers["webhook-signature"].Split(' ').Length);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(7 * 86_400 + 1)]
    public async Task An_overlap_is_at_most_a_week(int seconds)
    {
        var tenant = await app.NewTenantAsync();
        var path = $"/api/v1/event-processors/{(await EventsFixture.NewProcessorAsync(tenant, "https://a.example/")).Text("id")}/rotate-secret";

        Assert.Equal(["overlap_seconds"], await (await tenant.Http.PostJsonAsync(path, new { overlap_seconds = seconds })).InvalidFieldsAsync());
        await (await tenant.Http.PostJsonAsync(path, new { overlap_seconds = 7 * 86_400 })).ExpectAsync(200);
    }
}

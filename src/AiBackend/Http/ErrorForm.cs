namespace AiBackend.Http;

/// <summary>
/// Says that refusals below a path have another form than a problem, because the programs that call there expect it. Registered as a
/// service, so that it holds before a route is found, and given to the routes as metadata for their description.
/// </summary>
/// <param name="Path">Where it holds, such as <c>/v1</c>.</param>
/// <param name="Body">The type of the body, for the description.</param>
/// <param name="Render">Writes a refusal in this form.</param>
internal sealed record ErrorForm(PathString Path, Type Body, Func<ApiException, RenderedRefusal> Render);

/// <summary>A refusal ready to be sent.</summary>
/// <param name="Body">UTF-8.</param>
internal sealed record RenderedRefusal(int Status, string MediaType, byte[] Body);

// Calls the service with OpenAI's own library, unchanged but for its address. Prints "ok" when all of it works; throws otherwise.
// Environment: BASE_URL (with /v1), KEY, KEY_WITHOUT_SCOPES, CHAT_MODEL, QUESTION (about the client's documents), ANSWER (in the reply).
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const { BASE_URL: baseURL, KEY: apiKey, KEY_WITHOUT_SCOPES, CHAT_MODEL, QUESTION, ANSWER } = process.env;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const user = (content) => [{ role: 'user', content }];

async function models() {
  const ids = [];
  for await (const model of client.models.list()) {
    assert.equal(model.object, 'model');
    ids.push(model.id);
  }

  assert.deepEqual(ids, [CHAT_MODEL, 'ai-backend', 'ai-backend-embed']);
  assert.equal((await client.models.retrieve(CHAT_MODEL)).id, CHAT_MODEL);
}

async function plain() {
  const { data, request_id: requestId } = await client.chat.completions
    .create({ model: CHAT_MODEL, messages: user('Hello'), temperature: 0.2 })
    .withResponse();
  assert.equal(data.choices[0].message.content, 'Hello from the model.');
  assert.equal(data.usage.total_tokens, 18);
  assert.ok(requestId);
}

async function streamed() {
  const stream = await client.chat.completions.create({
    model: CHAT_MODEL, messages: user('Hello'), stream: true, stream_options: { include_usage: true },
  });
  let text = '';
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    usage = chunk.usage ?? usage;
  }

  assert.equal(text, 'Hello from the model.');
  assert.equal(usage.completion_tokens, 7);
}

async function tools() {
  const answer = await client.chat.completions.create({
    model: CHAT_MODEL,
    messages: user('weather?'),
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }],
    tool_choice: 'auto',
  });
  const call = answer.choices[0].message.tool_calls[0];
  assert.equal(answer.choices[0].finish_reason, 'tool_calls');
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['weather', { city: 'Bonn' }]);
}

async function knowledge() {
  const answer = await client.chat.completions.create({ model: 'ai-backend', messages: user(QUESTION) });
  assert.ok(answer.choices[0].message.content.includes(ANSWER), answer.choices[0].message.content);

  const runner = client.chat.completions.stream({ model: 'ai-backend', messages: user(QUESTION), metadata: { session_id: 'sdk-1' } });
  const final = await runner.finalChatCompletion();
  assert.ok(final.choices[0].message.content.includes(ANSWER));
}

async function embeddings() {
  const input = ['a parcel', 'a delivery', 'a volcano'];
  const decoded = await client.embeddings.create({ model: 'ai-backend-embed', input });
  const numbers = await client.embeddings.create({ model: 'ai-backend-embed', input, encoding_format: 'float' });
  assert.deepEqual(decoded.data.map((one) => one.index), [0, 1, 2]);
  for (const [i, one] of decoded.data.entries()) {
    assert.ok(one.embedding.every((value, at) => Math.abs(value - numbers.data[i].embedding[at]) < 1e-6));
  }

  assert.ok(decoded.usage.prompt_tokens > 0);
}

async function refusals() {
  const noKey = new OpenAI({ baseURL, apiKey: 'aib_wrong', maxRetries: 0 });
  const noScope = new OpenAI({ baseURL, apiKey: KEY_WITHOUT_SCOPES, maxRetries: 0 });
  const ask = (who, body) => who.chat.completions.create({ model: CHAT_MODEL, messages: user('x'), ...body });

  await rejects(ask(noKey, {}), OpenAI.AuthenticationError, 'invalid_api_key');
  await rejects(ask(noScope, {}), OpenAI.PermissionDeniedError, 'insufficient_scope');
  await rejects(ask(client, { model: 'gpt-none' }), OpenAI.NotFoundError, 'model_not_found');
  await rejects(ask(client, { messages: [] }), OpenAI.BadRequestError, 'invalid_value');
  await rejects(client.embeddings.create({ model: 'ai-backend-embed', input: 'x', dimensions: 3 }), OpenAI.BadRequestError, 'invalid_value');
  await rejects(ask(client, { messages: user('fail: 429') }), OpenAI.RateLimitError, 'rate_limit_exceeded');
  await rejects(ask(client, { messages: user('fail: 500') }), OpenAI.InternalServerError, 'model_unavailable');
  await assert.rejects(
    (async () => {
      for await (const _ of await ask(client, { messages: user('fail: midway'), stream: true })) {
        // What came before the failure is lost with it.
      }
    })(),
    (error) => error instanceof OpenAI.APIError && error.code === 'model_unavailable',
  );
}

async function rejects(promise, type, code) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof type, `${type.name} expected, got ${error}`);
    assert.equal(error.code, code);
    assert.ok(error.message);
    return true;
  });
}

for (const check of [models, plain, streamed, tools, knowledge, embeddings, refusals]) {
  await check();
}

console.log('ok');

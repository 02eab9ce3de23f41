// Calls the service with the official TypeScript client of the Model Context Protocol. Prints "ok" when all of it works; throws otherwise.
// Environment: URL (of /mcp), KEY, KEY_WITHOUT_SCOPES, QUESTION (about the client's documents), ANSWER (in the reply), COLLECTION and
// DOCUMENT (ids), OTHER_DOCUMENT (another client's).
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { URL: address, KEY, KEY_WITHOUT_SCOPES, QUESTION, ANSWER, COLLECTION, DOCUMENT, OTHER_DOCUMENT } = process.env;
const tools = ['search', 'ask', 'list_sessions', 'read_session', 'search_messages', 'query_data'];

async function connect(key) {
  const client = new Client({ name: 'check', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers: { Authorization: `Bearer ${key}` } } });
  await client.connect(transport);
  return client;
}

const client = await connect(KEY);

async function call(name, args) {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, JSON.stringify(result));
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
  return result.structuredContent;
}

async function greeting() {
  assert.equal(client.getServerVersion().name, 'ai-backend');
  assert.ok(client.getServerCapabilities().tools && client.getServerCapabilities().resources);
  assert.ok(client.getInstructions());
  await client.ping();
}

async function listing() {
  const listed = (await client.listTools()).tools;
  assert.deepEqual(listed.map((tool) => tool.name), tools);
  for (const tool of listed) {
    assert.equal(tool.inputSchema.type, 'object');
    assert.equal(tool.annotations.readOnlyHint, tool.name !== 'ask');
    assert.ok(tool.description && tool.title);
  }
}

async function search() {
  const { data } = await call('search', { query: QUESTION, limit: 3, collection_ids: [COLLECTION] });
  assert.ok(data[0].text.includes(ANSWER));
  const read = await client.readResource({ uri: data[0].uri });
  assert.ok(read.contents[0].text.includes(ANSWER));
}

async function ask() {
  const loose = await call('ask', { question: QUESTION });
  assert.ok(loose.answer.includes(ANSWER), loose.answer);
  assert.equal(loose.citations[0].document_id, DOCUMENT);
  assert.equal(loose.session_id, null);

  const kept = await call('ask', { question: QUESTION, session: 'mcp-1' });
  const { data } = await call('list_sessions', { external_id: 'mcp-1' });
  assert.deepEqual(data.map((session) => session.id), [kept.session_id]);
  const session = await call('read_session', { session_id: kept.session_id });
  assert.deepEqual(session.data.map((message) => message.role), ['user', 'assistant']);
  assert.equal(session.data[1].text, kept.answer);
  const found = await call('search_messages', { q: ANSWER, role: 'assistant' });
  assert.deepEqual(found.data.map((hit) => hit.message.id), [kept.reply_message_id]);
}

async function resources() {
  const [collection] = (await client.listResources()).resources;
  const { contents } = await client.readResource({ uri: collection.uri });
  assert.equal(contents[0].mimeType, 'application/json');
  assert.deepEqual(JSON.parse(contents[0].text).documents.map((document) => document.id), [DOCUMENT]);
  assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 2);
  await assert.rejects(client.readResource({ uri: `aibackend://documents/${OTHER_DOCUMENT}` }), (error) => error.code === -32002);
}

async function refusals() {
  const wrong = await client.callTool({ name: 'search', arguments: { query: '' } });
  assert.ok(wrong.isError);
  assert.equal(wrong.structuredContent.error.code, 'validation_failed');
  await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), (error) => error.code === -32602);
  await assert.rejects(connect('aib_wrong'), (error) => error.code === 401);

  const narrow = await connect(KEY_WITHOUT_SCOPES);
  assert.deepEqual((await narrow.listTools()).tools, []);
  await assert.rejects(narrow.callTool({ name: 'search', arguments: { query: 'x' } }), (error) => error.code === 403 && error.message.includes('insufficient_scope'));
  await narrow.close();
}

for (const check of [greeting, listing, search, ask, resources, refusals]) {
  await check();
}

await client.close();
console.log('ok');

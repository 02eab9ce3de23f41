// ClickHouse's HTTP interface, as far as drivers use it to read, in front of its own engine within this process (chDB).
// Prints "ready to accept connections" when it serves. Who may do what is decided here, as the engine has no users; of the settings of a request it takes the
// database, the limit of time and "final". GET /requests tells what was sent.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Session } = createRequire(`${process.env.MODULES}/`)('chdb');
const { HTTP_PORT, HTTPS_PORT, FOLDER } = process.env;
const PASSWORD = readFileSync(`${FOLDER}/password`, 'utf8');
const session = new Session(`${FOLDER}/data`);
const requests = [];
let turn = Promise.resolve();

const unescape = (text) =>
  text.replace(/\\(.)/gs, (_, c) => ({ t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0' })[c] ?? c);

const fail = (response, status, code, text) => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8', 'X-ClickHouse-Exception-Code': String(code) });
  response.end(text);
};

const users = { default: 'all', reader: 'reads', nobody: 'nothing' };

async function run(sql, url, user) {
  const of = (name) => url.searchParams.get(name);
  if (user === 'reader' && of('max_execution_time') !== null) {
    throw new Error("Code: 164. DB::Exception: Cannot modify 'max_execution_time' setting in readonly mode. (READONLY)");
  }

  if (user === 'nobody' && !sql.includes('getSetting')) {
    throw new Error('Code: 497. DB::Exception: nobody: Not enough privileges. To execute this query, it\'s necessary to have the grant SELECT. (ACCESS_DENIED)');
  }

  const database = of('database') || 'default';
  if (!session.query('SHOW DATABASES', 'TSVRaw').split('\n').includes(database)) {
    throw new Error(`Code: 81. DB::Exception: Database ${database} does not exist. (UNKNOWN_DATABASE)`);
  }

  session.query(`USE \`${database}\``);
  const parameters = {};
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) {
      const isArray = sql.includes(`{${name.slice(6)}:Array`);
      parameters[name.slice(6)] = isArray ? JSON.parse(value.replaceAll("'", '"')) : unescape(value);
    }
  }

  if (user === 'reader') {
    sql = sql.replace("getSetting('readonly')", '1');
  }

  const settings = ['final', 'max_execution_time'].filter((name) => of(name)).map((name) => `${name} = ${of(name)}`);
  const limited = settings.length > 0 && /^\s*SELECT/.test(sql) ? `${sql} SETTINGS ${settings.join(', ')}` : sql;
  const result = await session.queryBindAsync(limited, parameters, { format: of('default_format') ?? 'TSV' });
  return result.bytes();
}

const serve = (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (url.pathname === '/requests') {
      response.end(JSON.stringify(requests));
      return;
    }

    const [user, ...rest] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString().split(':');
    if (!(user in users) || rest.join(':') !== PASSWORD) {
      fail(response, 403, 516, `Code: 516. DB::Exception: ${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 26.7)`);
      return;
    }

    const sql = Buffer.concat(chunks).toString();
    requests.push({ sql, query: Object.fromEntries(url.searchParams) });
    turn = turn.then(() => run(sql, url, user)).then(
      (bytes) => {
        response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'X-ClickHouse-Timezone': 'UTC' });
        response.end(Buffer.from(bytes));
      },
      (error) => {
        const text = /Code: (\d+)[\s\S]*/.exec(error.message);
        fail(response, 500, text?.[1] ?? 0, `${text?.[0] ?? error.stack} (version 26.7)`);
      },
    );
  });
};

const tls = { cert: readFileSync(`${FOLDER}/server.crt`), key: readFileSync(`${FOLDER}/server.key`) };
await Promise.all([
  new Promise((done) => createServer(serve).listen(Number(HTTP_PORT), '127.0.0.1', done)),
  new Promise((done) => createTlsServer(tls, serve).listen(Number(HTTPS_PORT), '127.0.0.1', done)),
]);
console.log('ready to accept connections');

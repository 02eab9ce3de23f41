// Cube for AI Backend: serves every client its own models, from a folder of one git repository, over its own databases.
//
//   CUBEJS_API_SECRET              what AI Backend knows as the server's api_secret
//   AI_BACKEND_URL                 where AI Backend is, such as http://ai-backend:8080
//   SEMANTIC_REPOSITORY_URL        the git repository (https, or file for one on this machine)
//   SEMANTIC_REPOSITORY_BRANCH     main
//   SEMANTIC_REPOSITORY_USERNAME   x-access-token
//   SEMANTIC_REPOSITORY_TOKEN      for a repository that is not public
//   SEMANTIC_BASE_PATH             the folder in the repository that clients' folders are in; by default its root
//   SEMANTIC_CACHE                 where the repository is kept; by default a folder beside this file
//
// A token's claims say whose models are asked: client_id, and folder where it is not called like the client. commit, when it is there, is the
// newest commit that AI Backend knows of: one that has not been seen here is pulled at once, all others within a minute.
const { createHash, createHmac } = require('crypto');
const { execFile } = require('child_process');
const fs = require('fs');
const path = require('path');

const MINUTE = 60_000;
const TOKEN_SECONDS = 120;
const STATEMENT_SECONDS = 60;
const CLIENT = /^cli_[0-9a-z]{26}$/;
const DATA_STORE = /^dst_[0-9a-z]{26}$/;

const setting = (name, otherwise) => {
  const value = process.env[name] || otherwise;
  if (value === undefined) {
    throw new Error(`${name} is not set.`);
  }
  return value;
};

const secret = setting('CUBEJS_API_SECRET');
const service = setting('AI_BACKEND_URL').replace(/\/+$/, '');
const repository = {
  url: setting('SEMANTIC_REPOSITORY_URL'),
  branch: setting('SEMANTIC_REPOSITORY_BRANCH', 'main'),
  username: setting('SEMANTIC_REPOSITORY_USERNAME', 'x-access-token'),
  token: setting('SEMANTIC_REPOSITORY_TOKEN', ''),
  basePath: setting('SEMANTIC_BASE_PATH', '').replace(/^\/+|\/+$/g, ''),
  cache: path.resolve(setting('SEMANTIC_CACHE', path.join(__dirname, 'repository.git'))),
};

// --- The repository: no working copy, only the newest commit of the branch --------------------------------------------------------------

const git = (args, input) => new Promise((resolve, reject) => {
  // In the environment, because arguments of a process can be seen by others on the machine.
  const login = Buffer.from(`${repository.username}:${repository.token}`).toString('base64');
  const env = {
    ...process.env,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: repository.token ? '1' : '0',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${login}`,
  };
  const child = execFile(
    'git', ['--git-dir', repository.cache, ...args], { env, encoding: 'buffer', maxBuffer: 1 << 28, timeout: MINUTE },
    (error, stdout, stderr) => (error ? reject(new Error(`git ${args[0]}: ${stderr.toString().trim() || error.message}`)) : resolve(stdout)));
  // A git that ends early closes its input; what went wrong is said by its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
});

const head = { commit: null, pulledAt: 0, asked: new Set(), pulling: null };

const pull = () => {
  head.pulling ??= (async () => {
    try {
      if (!fs.existsSync(path.join(repository.cache, 'HEAD'))) {
        fs.mkdirSync(repository.cache, { recursive: true });
        await git(['init', '--quiet', '--bare']);
      }
      await git(['fetch', '--quiet', '--depth', '1', repository.url, `+refs/heads/${repository.branch}:refs/heads/served`]);
      head.commit = (await git(['rev-parse', 'refs/heads/served'])).toString().trim();
      head.pulledAt = Date.now();
    } finally {
      head.pulling = null;
    }
  })();
  return head.pulling;
};

/** The commit to serve; pulls when it is a minute old, or when a token tells of a commit that is not known here. */
const currentCommit = async told => {
  const isNews = told && told !== head.commit && !head.asked.has(told);
  if (!head.commit || isNews || Date.now() - head.pulledAt > MINUTE) {
    // A pull that is under way may have begun before what is told of was pushed.
    await (head.pulling ?? Promise.resolve()).catch(() => {});
    try {
      await pull();
      if (told) {
        head.asked.add(told);
      }
    } catch (error) {
      if (!head.commit) {
        throw error;
      }
      head.pulledAt = Date.now();
      console.error(`The repository could not be pulled, ${head.commit} is served: ${error.message}`);
    }
  }
  return head.commit;
};

const pathsIn = async (commit, folder) =>
  (await git(['ls-tree', '-r', '-z', commit, '--', `${folder}/`])).toString().split('\0')
    // Neither links nor submodules: only files are models.
    .map(line => /^100\d+ blob [0-9a-f]+\t(.+)$/.exec(line)?.[1]).filter(found => found);

const readAll = async (commit, paths) => {
  const output = await git(['cat-file', '--batch'], paths.map(name => `${commit}:${name}\n`).join(''));
  let at = 0;
  return paths.map(name => {
    const line = output.indexOf(10, at);
    const size = Number(output.subarray(at, line).toString().split(' ').pop());
    const content = output.subarray(line + 1, line + 1 + size).toString();
    at = line + size + 2;
    return { name, content };
  });
};

// --- Whose models -------------------------------------------------------------------------------------------------------------------------

const tenantOf = ({ securityContext }) => {
  const clientId = securityContext?.client_id;
  const folder = securityContext?.folder ?? clientId;
  if (!CLIENT.test(clientId) || !/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(folder)) {
    throw new Error('The token does not say whose models are asked (client_id).');
  }
  return { clientId, folder: repository.basePath ? `${repository.basePath}/${folder}` : folder, commit: securityContext.commit };
};

// --- Connections --------------------------------------------------------------------------------------------------------------------------

const base64url = text => Buffer.from(text).toString('base64url');

const signed = clientId => {
  const now = Math.floor(Date.now() / 1000);
  const content = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify({ client_id: clientId, iat: now, exp: now + TOKEN_SECONDS }))}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
};

const connections = new Map();

const fetchConnection = async (clientId, dataSource) => {
  const answer = await fetch(`${service}/api/v1/semantic/data-sources/${dataSource}`, {
    headers: { authorization: `Bearer ${signed(clientId)}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) {
    throw new Error(`AI Backend does not tell how to reach the data store ${dataSource} (${answer.status}).`);
  }
  return answer.json();
};

/** A data store's connection, asked for once a minute; what went wrong is said again for five seconds. */
const connectionOf = (clientId, dataSource) => {
  const key = `${clientId}/${dataSource}`;
  const known = connections.get(key);
  if (known && Date.now() < known.until) {
    return known.answer;
  }
  const asked = { until: Date.now() + MINUTE, answer: fetchConnection(clientId, dataSource) };
  asked.answer.catch(() => { asked.until = Date.now() + 5_000; });
  connections.set(key, asked);
  return asked.answer;
};

const dataSources = { commit: null, byFolder: new Map() };

/** A layer's folder may lie in another's: a folder of a data store comes there below another folder. */
const isOfInnerLayer = name => name.split('/').slice(1).some(part => DATA_STORE.test(part));

/** Models are kept in a folder for each data store. */
const dataSourcesIn = async (commit, folder) => {
  if (dataSources.commit !== commit) {
    Object.assign(dataSources, { commit, byFolder: new Map() });
  }
  const { byFolder } = dataSources;
  if (!byFolder.has(folder)) {
    const names = (await pathsIn(commit, folder)).map(name => name.slice(folder.length + 1).split('/')[0]);
    byFolder.set(folder, [...new Set(names.filter(name => DATA_STORE.test(name)))].sort());
  }
  return byFolder.get(folder);
};

/** Changes with the connections of the models' data stores, so that drivers with old passwords are not used. */
const fingerprint = async ({ clientId, folder, commit }) => {
  const names = await dataSourcesIn(await currentCommit(commit), folder);
  const known = await Promise.allSettled(names.map(name => connectionOf(clientId, name)));
  return createHash('sha256').update(JSON.stringify(known.map(answer => answer.value ?? null))).digest('hex').slice(0, 16);
};

const tls = mode => (mode === 'verify' ? { rejectUnauthorized: true } : mode === 'require' ? { rejectUnauthorized: false } : undefined);

const drivers = {
  postgres: to => ({
    type: 'postgres', host: to.host, port: to.port ?? 5432, database: to.database, user: to.username, password: to.password, ssl: tls(to.tls) ?? false,
    executionTimeout: STATEMENT_SECONDS, options: '-c default_transaction_read_only=on',
  }),
  mysql: to => ({ type: 'mysql', host: to.host, port: to.port ?? 3306, database: to.database, user: to.username, password: to.password, ssl: tls(to.tls) }),
  clickhouse: to => ({
    type: 'clickhouse', host: to.host, port: to.port ?? (tls(to.tls) ? 8443 : 8123), protocol: tls(to.tls) ? 'https:' : 'http:',
    auth: `${to.username ?? 'default'}:${to.password ?? ''}`, queryOptions: { database: to.database },
  }),
  duckdb: to => ({ type: 'duckdb', databasePath: to.path }),
  sqlite: to => ({ type: 'sqlite', database: to.path }),
  mongodb: to => ({ type: 'mongobi', host: to.host, port: to.port ?? 3307, database: to.database, user: to.username, password: to.password, ssl: tls(to.tls) }),
};

module.exports = {
  contextToAppId: context => {
    const { clientId, folder } = tenantOf(context);
    return `${clientId}:${folder}`;
  },
  contextToOrchestratorId: async context => {
    const tenant = tenantOf(context);
    return `${tenant.clientId}:${tenant.folder}:${await fingerprint(tenant)}`;
  },
  schemaVersion: context => currentCommit(tenantOf(context).commit),
  repositoryFactory: context => ({
    dataSchemaFiles: async () => {
      const { folder } = tenantOf(context);
      const commit = await currentCommit();
      const models = (await pathsIn(commit, folder)).filter(name => /\.ya?ml$/.test(name) && !isOfInnerLayer(name.slice(folder.length + 1)));
      return (await readAll(commit, models)).map(file => ({ fileName: file.name.slice(folder.length + 1), content: file.content }));
    },
  }),
  driverFactory: async context => {
    const { clientId, folder, commit } = tenantOf(context);
    // Cube asks for the type of its default source before it looks at what a query needs: there is none, so the first will do, or any.
    const dataSource = context.dataSource === 'default'
      ? (await dataSourcesIn(await currentCommit(commit), folder))[0] : context.dataSource;
    if (!dataSource) {
      return { type: 'postgres', host: 'no-data-store.invalid' };
    }
    if (!DATA_STORE.test(dataSource)) {
      throw new Error(`${dataSource} is no data store.`);
    }
    const connection = await connectionOf(clientId, dataSource);
    const driver = drivers[connection.kind];
    if (!driver) {
      throw new Error(`Cube cannot read data stores of the kind ${connection.kind}.`);
    }
    return driver(connection);
  },
  scheduledRefreshTimer: false,
};

// One Cube for all tests of a run: each client id of a token has a folder below MODEL_DIR with its models and connection.json.
const fs = require('fs');
const path = require('path');

const folderOf = ({ securityContext }) => {
  const id = securityContext?.client_id;
  if (!/^\w+$/.test(id)) {
    throw new Error('The token has no client_id.');
  }
  return path.join(process.env.MODEL_DIR, id);
};
const namesIn = folder => (fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }).filter(name => /\.ya?ml$/.test(name)).sort() : []);
const read = file => fs.readFileSync(file, 'utf8');

module.exports = {
  contextToAppId: folderOf,
  contextToOrchestratorId: folderOf,
  schemaVersion: context => {
    const folder = folderOf(context);
    return namesIn(folder).map(name => { const { size, mtimeMs } = fs.statSync(path.join(folder, name)); return `${name}:${size}:${mtimeMs}`; }).join('|');
  },
  repositoryFactory: context => ({
    dataSchemaFiles: async () => {
      const folder = folderOf(context);
      return namesIn(folder).map(fileName => ({ fileName, content: read(path.join(folder, fileName)) }));
    },
  }),
  driverFactory: context => ({ type: 'postgres', ...JSON.parse(read(path.join(folderOf(context), 'connection.json'))) }),
  scheduledRefreshTimer: false,
};

// Host test: Node's own node:sqlite. Arguments: database, extension, workload.
const { DatabaseSync } = require('node:sqlite');
const fs = require('node:fs');

const [path, extension, workload] = process.argv.slice(2);
const db = new DatabaseSync(path, { allowExtension: true });
db.loadExtension(extension);
db.prepare('SELECT murmel_enable()').get();
let errors = 0;
for (const statement of fs.readFileSync(workload, 'utf8').trim().split('\n')) {
  try {
    db.exec(statement);
  } catch {
    errors++;
  }
}
const status = JSON.parse(db.prepare('SELECT murmel_status() AS s').get().s);
db.close();
console.log(JSON.stringify({ errors, status }));

// Host test: better-sqlite3. Arguments: folder of the package, database, extension, workload.
const fs = require('node:fs');

const [folder, path, extension, workload] = process.argv.slice(2);
const Database = require(folder);
const db = new Database(path);
db.loadExtension(extension);
db.prepare('SELECT murmel_enable()').get();
let errors = 0;
for (const statement of fs.readFileSync(workload, 'utf8').trim().split('\n')) {
  try {
    const prepared = db.prepare(statement);
    prepared.reader ? prepared.all() : prepared.run();
  } catch {
    errors++;
  }
}
const status = JSON.parse(db.prepare('SELECT murmel_status() AS s').get().s);
db.close();
console.log(JSON.stringify({ errors, status }));

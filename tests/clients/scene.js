// What the JavaScript clients share; scene.py in JavaScript.
'use strict';
const ports = process.env.MURMEL_PORTS.split(' ').map(Number);
const database = process.env.MURMEL_DATABASE;

function check(good, what) {
  console.log(good ? `ok ${what}` : `FAIL ${what}`);
  if (!good) process.exit(1);
}

// Until another node has it: writes at ONE arrive a moment later. Errors are of tables that are not there yet.
async function arrives(condition, what) {
  for (const end = Date.now() + 20000; ; await new Promise((done) => setTimeout(done, 50))) {
    if (await condition().catch(() => false)) return check(true, what);
    if (Date.now() > end) return check(false, what);
  }
}

async function error_of(promise) {
  try {
    await promise;
  } catch (error) {
    return error.errno ?? error.original?.errno ?? error.driverError?.errno ?? String(error);
  }
  return 0;
}

function run(scene) {
  scene().then(() => process.exit(0), (error) => {
    console.log('FAIL', error);
    process.exit(1);
  });
}

module.exports = { ports, database, check, arrives, error_of, run };

// node main.js PEER: runs one of the peers (pg_boss, bullmq, outbox) in BENCH_PROCESSES processes that share a port.
// Prints one line `ready` when every process accepts.
//
// BENCH_PORT where events are posted · BENCH_TARGET the platform's URL · BENCH_SECRET of its signature ·
// BENCH_STORE the URL of PostgreSQL or Redis · BENCH_PROCESSES (1)
import cluster from 'node:cluster';
import { makeDelivery } from './delivery.js';
import { serveIntake } from './intake.js';

const kConnections = 64;

const settings = {
  port: Number(process.env.BENCH_PORT),
  target: process.env.BENCH_TARGET,
  secret: process.env.BENCH_SECRET,
  store: process.env.BENCH_STORE,
  processes: Number(process.env.BENCH_PROCESSES ?? 1),
};
const peer = await import(`./${process.argv[2]}.js`);

async function serve() {
  const deliver = makeDelivery(settings.target, settings.secret, kConnections);
  await serveIntake(await peer.start(settings.store, deliver), settings.port);
}

if (settings.processes === 1) {
  await peer.prepare(settings.store);
  await serve();
  console.log('ready');
} else if (cluster.isPrimary) {
  await peer.prepare(settings.store);
  let listening = 0;
  cluster.on('listening', () => {
    listening += 1;
    if (listening === settings.processes) console.log('ready');
  });
  for (let i = 0; i < settings.processes; i += 1) cluster.fork();
} else {
  await serve();
}
process.on('SIGTERM', () => process.exit(0));

// pg-boss, tuned: jobs are inserted in groups, fetched in batches by several loops that the insert wakes at once, and
// completed in groups.
import PgBoss from 'pg-boss';
import { grouped } from './group.js';

const kQueue = 'callbacks';
const kFetchers = 3;
const kBatch = 100;
const kPollMilliseconds = 500;

function connect(store, options) {
  const boss = new PgBoss({ connectionString: store, max: 10, ...options });
  boss.on('error', (error) => console.error('pg-boss:', error.message));
  return boss;
}

export async function prepare(store) {
  const boss = connect(store, { supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(kQueue, { name: kQueue, retryLimit: 5, retryDelay: 10, retryBackoff: true });
  await boss.stop({ graceful: false });
}

export async function start(store, deliver) {
  const boss = connect(store, { schedule: false });
  await boss.start();

  let sleepers = [];
  const wake = () => {
    for (const resolve of sleepers) resolve();
    sleepers = [];
  };
  const sleep = () =>
    new Promise((resolve) => {
      sleepers.push(resolve);
      setTimeout(resolve, kPollMilliseconds);
    });

  const complete = grouped((ids) => boss.complete(kQueue, ids), { limit: 500, writers: 1 });

  async function fetchForever() {
    for (;;) {
      const jobs = await boss.fetch(kQueue, { batchSize: kBatch });
      if (jobs.length === 0) {
        await sleep();
        continue;
      }
      await Promise.all(
        jobs.map(async ({ id, data }) => {
          const outcome = await deliver(id, data.payload);
          await (outcome.ok ? complete(id) : boss.fail(kQueue, id, outcome));
        }),
      );
    }
  }
  for (let i = 0; i < kFetchers; i += 1) {
    fetchForever().catch((error) => {
      console.error('pg-boss:', error);
      process.exit(1);
    });
  }

  const insert = grouped(
    async (events) => {
      await boss.insert(events.map((event) => ({ id: event.id, name: kQueue, data: event })));
      wake();
    },
    { limit: 200, writers: 2 },
  );
  return insert;
}

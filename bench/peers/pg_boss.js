// pg-boss, tuned: jobs are inserted in groups, fetched in batches as soon as an insert is done instead of by its polling
// workers, delivered side by side, and completed in groups.
import PgBoss from 'pg-boss';
import { claimForever } from './claims.js';
import { grouped } from './group.js';

const kQueue = 'callbacks';
const kBatch = 200;
const kInFlight = 256;
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

  const complete = grouped((ids) => boss.complete(kQueue, ids).then(() => []), { limit: 500, writers: 1 });

  const wake = claimForever({
    claim: (limit) => boss.fetch(kQueue, { batchSize: limit, priority: false }),
    attempt: async ({ id, data }) => {
      const outcome = await deliver(id, data.payload);
      await (outcome.ok ? complete(id) : boss.fail(kQueue, id, outcome));
    },
    batch: kBatch,
    inFlight: kInFlight,
    pollMilliseconds: kPollMilliseconds,
  });

  return grouped(
    async (events) => {
      await boss.insert(events.map((event) => ({ id: event.id, name: kQueue, data: event })));
      wake();
      return [];
    },
    { limit: 200, writers: 2 },
  );
}

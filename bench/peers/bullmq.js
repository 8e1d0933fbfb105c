// BullMQ on Redis with `appendfsync always`, tuned: jobs are added in bulk, workers are woken by BullMQ's own blocking
// read, finished jobs are removed at once.
import { Queue, Worker } from 'bullmq';
import { grouped } from './group.js';

const kQueue = 'callbacks';
const kConcurrency = 128;

const jobOptions = {
  attempts: 6,
  backoff: { type: 'exponential', delay: 10_000 },
  removeOnComplete: true,
};

function connection(store) {
  const { hostname, port } = new URL(store);
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
}

export async function prepare() {}

export async function start(store, deliver) {
  const queue = new Queue(kQueue, { connection: connection(store), streams: { events: { maxLen: 100 } } });
  const worker = new Worker(
    kQueue,
    async (job) => {
      const outcome = await deliver(job.id, job.data.payload);
      if (!outcome.ok) throw new Error(outcome.error);
    },
    { connection: connection(store), concurrency: kConcurrency },
  );
  worker.on('error', (error) => console.error('bullmq:', error.message));

  return grouped(
    (events) =>
      queue.addBulk(events.map((event) => ({ name: event.eventType, data: event, opts: { ...jobOptions, jobId: event.id } }))),
    { limit: 200, writers: 2 },
  );
}

// An outbox written by hand on `pg`, tuned: events are inserted in groups, claimed in batches with SKIP LOCKED and a lease,
// woken by LISTEN/NOTIFY, and their results are written in groups, each with its attempt on record.
import pg from 'pg';
import { claimForever } from './claims.js';
import { grouped } from './group.js';

const kClaimBatch = 200;
const kInFlight = 256;
const kPollMilliseconds = 1000;
const kLeaseSeconds = 33;
const kRetrySeconds = [10, 30, 60, 300, 900];

const kSchema = `
create table if not exists outbox (
  id bigint generated always as identity primary key,
  event_id uuid not null,
  platform text not null,
  event_type text not null,
  payload text not null,
  status text not null default 'pending',
  attempts int not null default 0,
  available_at timestamptz not null default now(),
  last_error text,
  created_at timestamptz not null default now()
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
create index if not exists outbox_due on outbox (available_at) where status in ('pending', 'retrying');
create table if not exists outbox_attempts (
  event_id bigint not null,
  attempt int not null,
  response_status int not null,
  error text,
  created_at timestamptz not null default now()
);`;

const kInsert = {
  name: 'insert_events',
  text: `insert into outbox (event_id, platform, event_type, payload)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])`,
};
const kClaim = {
  name: 'claim_events',
  text: `update outbox set available_at = now() + make_interval(secs => ${kLeaseSeconds})
         where id = any(array(
           select id from outbox where status in ('pending', 'retrying') and available_at <= now()
           order by available_at limit $1 for update skip locked))
         returning id, event_id, payload, attempts`,
};
const kRecord = {
  name: 'record_results',
  text: `with result as (
           select * from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::text[], $6::int[])
             as r (id, status, attempt, response_status, error, delay_seconds)),
         attempt as (
           insert into outbox_attempts (event_id, attempt, response_status, error)
           select id, attempt, response_status, error from result)
         update outbox set status = result.status, attempts = result.attempt, last_error = result.error,
                available_at = now() + make_interval(secs => result.delay_seconds)
         from result where outbox.id = result.id`,
};

export async function prepare(store) {
  const client = new pg.Client(store);
  await client.connect();
  await client.query(kSchema);
  await client.end();
}

export async function start(store, deliver) {
  const pool = new pg.Pool({ connectionString: store, max: 8 });

  const record = grouped(
    (results) =>
      pool.query({
        ...kRecord,
        values: [
          results.map((result) => result.id),
          results.map((result) => result.status),
          results.map((result) => result.attempt),
          results.map((result) => result.responseStatus),
          results.map((result) => result.error),
          results.map((result) => result.delaySeconds),
        ],
      }).then(() => []),
    { limit: 500, writers: 1 },
  );

  async function attempt(event) {
    const outcome = await deliver(event.event_id, event.payload);
    const number = event.attempts + 1;
    const delaySeconds = kRetrySeconds[event.attempts] ?? 0;
    const failedStatus = number > kRetrySeconds.length ? 'dead_letter' : 'retrying';
    await record({
      id: event.id,
      status: outcome.ok ? 'delivered' : failedStatus,
      attempt: number,
      responseStatus: outcome.status,
      error: outcome.error || null,
      delaySeconds: outcome.ok ? 0 : delaySeconds,
    });
  }

  const wake = claimForever({
    claim: async (limit) => (await pool.query({ ...kClaim, values: [limit] })).rows,
    attempt,
    batch: kClaimBatch,
    inFlight: kInFlight,
    pollMilliseconds: kPollMilliseconds,
  });
  const listener = new pg.Client(store);
  await listener.connect();
  await listener.query('listen outbox_news');
  listener.on('notification', wake);

  return grouped(
    async (events) => {
      await pool.query({
        ...kInsert,
        values: [
          events.map((event) => event.id),
          events.map((event) => event.platform),
          events.map((event) => event.eventType),
          events.map((event) => event.payload),
        ],
      });
      pool.query('notify outbox_news').catch((error) => console.error('outbox:', error.message));
      return [];
    },
    { limit: 200, writers: 2 },
  );
}

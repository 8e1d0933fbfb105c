// The claiming side of a queue in a database, the same for every peer that has to write its own: one claim at a time, a
// bounded number of deliveries under way, woken at once by news and by a slow poll.

/**
 * @template Event
 * @param {object} options
 * @param {(limit: number) => Promise<Event[]>} options.claim
 * @param {(event: Event) => Promise<unknown>} options.attempt  delivers it and has the outcome recorded
 * @param {number} options.batch  events in a claim at most
 * @param {number} options.inFlight  events under way at most
 * @param {number} options.pollMilliseconds
 * @returns {() => void}  to be called when there is news
 */
export function claimForever({ claim, attempt, batch, inFlight: limit, pollMilliseconds }) {
  let inFlight = 0;
  let claiming = false;
  let again = false;

  async function wake() {
    again = true;
    if (claiming) return;
    claiming = true;
    try {
      while (again && inFlight < limit) {
        again = false;
        const events = await claim(Math.min(batch, limit - inFlight));
        if (events.length > 0) again = true;
        inFlight += events.length;
        for (const event of events) run(event);
      }
    } catch (error) {
      console.error('claim:', error.message);
    } finally {
      claiming = false;
    }
  }

  async function run(event) {
    try {
      await attempt(event);
    } catch (error) {
      console.error('attempt:', error.message);
    }
    inFlight -= 1;
    // Not after each event: small claims cost as much as large ones.
    if (inFlight === Math.floor(limit / 2) || inFlight === 0) wake();
  }

  setInterval(wake, pollMilliseconds);
  return wake;
}

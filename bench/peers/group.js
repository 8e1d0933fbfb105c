// Group commit in the small: calls that arrive while a batch is being written join the next one.

/**
 * @template Item, Reply
 * @param {(items: Item[]) => Promise<Reply[] | void>} write  writes all of a batch, or rejects all of it
 * @param {{ limit: number, writers: number }} options  items in a batch at most; batches under way at once
 * @returns {(item: Item) => Promise<Reply>}
 */
export function grouped(write, { limit, writers }) {
  let waiting = [];
  let running = 0;

  async function run() {
    running += 1;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, limit);
      try {
        const replies = await write(batch.map((entry) => entry.item));
        batch.forEach((entry, index) => entry.resolve(replies?.[index]));
      } catch (error) {
        batch.forEach((entry) => entry.reject(error));
      }
    }
    running -= 1;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // A turn of the event loop later, so that what one poll of the sockets brought goes together.
      if (running < writers) setImmediate(() => running < writers && waiting.length > 0 && run());
    });
}

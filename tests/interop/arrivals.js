// Waiting for what comes to a test's own server: looked at again at every arrival.
const WAIT_TIMEOUT_MS = 60_000;

export class Arrivals {
  #waiting = [];

  /** Something came. */
  look() {
    this.#waiting = this.#waiting.filter((look) => !look());
  }

  /** What `find()` finds, as soon as it does; `describe()` says how far it came, should it take too long. */
  until(find, describe) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(describe())), WAIT_TIMEOUT_MS);
      const look = () => {
        const found = find();
        if (!found) return false;
        clearTimeout(timer);
        resolve(found);
        return true;
      };
      if (!look()) this.#waiting.push(look);
    });
  }
}

// The platform's side, the same for every peer: one signed POST over kept-alive connections; 2xx is success.
import { createHmac } from 'node:crypto';
import { Pool } from 'undici';

const kTimeoutMilliseconds = 3000;

/**
 * @param {string} url  of the platform
 * @param {string} secret
 * @param {number} connections
 * @returns {(id: string, payload: string) => Promise<{ ok: boolean, status: number, error: string }>}
 */
export function makeDelivery(url, secret, connections) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    headersTimeout: kTimeoutMilliseconds,
    bodyTimeout: kTimeoutMilliseconds,
  });
  return async (id, payload) => {
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const signature = createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex');
    try {
      const { statusCode, body } = await pool.request({
        path: pathname,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-cs-timestamp': timestamp,
          'x-cs-signature': signature,
          'x-event-id': id,
        },
        body: payload,
      });
      await body.dump();
      const ok = statusCode >= 200 && statusCode < 300;
      return { ok, status: statusCode, error: ok ? '' : `HTTP ${statusCode}` };
    } catch (error) {
      return { ok: false, status: 0, error: error.message };
    }
  };
}

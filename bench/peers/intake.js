// The producer's side, the same for every peer: POST /api/v1/events, answered 202 once the event is durable.
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';

const replySchema = {
  type: 'object',
  properties: { id: { type: 'string' }, status: { type: 'string' }, duplicate: { type: 'boolean' } },
};

/**
 * @param {(event: { id: string, platform: string, eventType: string, payload: string }) => Promise<unknown>} store
 * @param {number} port
 */
export async function serveIntake(store, port) {
  const server = fastify({ logger: false, keepAliveTimeout: 600_000 });
  server.post('/api/v1/events', { schema: { response: { 202: replySchema } } }, async (request, reply) => {
    const { platform, event_type: eventType, payload } = request.body;
    const id = randomUUID();
    await store({ id, platform, eventType, payload: JSON.stringify(payload) });
    return reply.code(202).send({ id, status: 'pending', duplicate: false });
  });
  await server.listen({ host: '127.0.0.1', port });
}

"""A platform's endpoint: records every callback it receives and behaves as a test tells it to."""

import collections

from harness.http_server import HttpServer


class Sink(HttpServer):
    """`respond(callback, count)` decides each answer (http_server.py); `count` is how often this event id has been seen,
    this time included."""

    def __init__(self, respond=None, event_id_header="webhook-id"):
        self.respond = respond or (lambda callback, count: 200)
        self.event_id_header = event_id_header.lower()
        self.callbacks = []
        self.counts = collections.Counter()
        self.delivered = collections.Counter()  # answered with 2xx, by event id
        super().__init__()

    def answer(self, request):
        event_id = request.headers.get(self.event_id_header)
        self.counts[event_id] += 1
        answer = self.respond(request, self.counts[event_id])
        self.callbacks.append(request)
        status = answer[0] if isinstance(answer, tuple) else answer
        if isinstance(status, int) and 200 <= status <= 299:
            self.delivered[event_id] += 1
        return answer

    def describe(self):
        return f"have {len(self.callbacks)} callbacks"

    def wait_count(self, count, timeout=60.0):
        self.wait(lambda sink: len(sink.callbacks) >= count, timeout, f"{count} callbacks")

    def of_event(self, event_id):
        with self._changed:
            return [each for each in self.callbacks if each.headers.get(self.event_id_header) == event_id]

"""A platform's endpoint: records every callback it receives and behaves as a test tells it to."""

import asyncio
import collections
import threading
import time

Callback = collections.namedtuple("Callback", "path headers body at")


class Sink:
    """An HTTP server of its own on 127.0.0.1, in a thread. `respond(callback, count)` decides each answer: a status, a
    (status, headers, body) tuple, "hang" or "close"; `count` is how often this event id has been seen, this time included."""

    def __init__(self, respond=None, event_id_header="webhook-id"):
        self.respond = respond or (lambda callback, count: 200)
        self.event_id_header = event_id_header.lower()
        self.callbacks = []
        self.counts = collections.Counter()
        self.delivered = collections.Counter()  # answered with 2xx, by event id
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._started.wait()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._release = asyncio.Event()
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._server = server
        self._started.set()
        self._loop.run_forever()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def release(self):
        """Lets every answer that hangs end (with a closed connection)."""
        self._loop.call_soon_threadsafe(self._release.set)

    def close(self):
        self.release()
        self._loop.call_soon_threadsafe(self._server.close)

    def wait(self, condition, timeout=30.0, what="callbacks"):
        """Waits until condition(self) holds; it is looked at after each callback."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition(self):
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    if condition(self):
                        return
                    raise AssertionError(f"waited {timeout} s for {what}; have {len(self.callbacks)} callbacks")

    def wait_count(self, count, timeout=30.0):
        self.wait(lambda sink: len(sink.callbacks) >= count, timeout, f"{count} callbacks")

    def of_event(self, event_id):
        with self._changed:
            return [each for each in self.callbacks if each.headers.get(self.event_id_header) == event_id]

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                path = lines[0].split(" ")[1]
                headers = {}
                for line in lines[1:]:
                    if ":" in line:
                        name, value = line.split(":", 1)
                        headers[name.strip().lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                callback = Callback(path, headers, body, time.time())
                event_id = headers.get(self.event_id_header)
                with self._changed:
                    self.counts[event_id] += 1
                    count = self.counts[event_id]
                answer = self.respond(callback, count)
                if isinstance(answer, int):
                    answer = (answer, {}, b"")
                with self._changed:
                    self.callbacks.append(callback)
                    if isinstance(answer, tuple) and 200 <= answer[0] <= 299:
                        self.delivered[event_id] += 1
                    self._changed.notify_all()
                if answer == "hang":
                    await self._release.wait()
                    break
                if answer == "close":
                    break
                status, extra, content = answer
                text = f"HTTP/1.1 {status} Status\r\nContent-Length: {len(content)}\r\n"
                text += "".join(f"{name}: {value}\r\n" for name, value in extra.items())
                writer.write(text.encode() + b"\r\n" + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

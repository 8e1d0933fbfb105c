"""An HTTP server of a test's own, on 127.0.0.1, in a thread: what the service calls is built on it."""

import asyncio
import collections
import json
import threading
import time

Request = collections.namedtuple("Request", "method path headers body at")  # header names in lower case


class HttpServer:
    """Answers each request with what answer() says: a status, a (status, headers, body) tuple, "hang" or "close"."""

    def __init__(self):
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._started.wait()

    def answer(self, request):
        """Called on the server's thread, one request at a time, with what wait() looks at locked."""
        raise NotImplementedError

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def release(self):
        """Lets every answer that hangs end (with a closed connection)."""
        self._loop.call_soon_threadsafe(self._release.set)

    def close(self):
        self.release()
        self._loop.call_soon_threadsafe(self._server.close)

    def wait(self, condition, timeout=60.0, what="requests"):
        """Waits until condition(self) holds; it is looked at after each request."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition(self):
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    if condition(self):
                        return
                    raise AssertionError(f"waited {timeout} s for {what}; {self.describe()}")

    def describe(self):
        """What there is, for a wait that was in vain."""
        return ""

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._release = asyncio.Event()
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._server = server
        self._started.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, path = lines[0].split(" ")[:2]
                headers = {}
                for line in lines[1:]:
                    if ":" in line:
                        name, value = line.split(":", 1)
                        headers[name.strip().lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                with self._changed:
                    answer = self.answer(Request(method, path, headers, body, time.time()))
                    self._changed.notify_all()
                if answer == "hang":
                    await self._release.wait()
                    break
                if answer == "close":
                    break
                status, extra, content = (answer, {}, b"") if isinstance(answer, int) else answer
                text = f"HTTP/1.1 {status} Status\r\nContent-Length: {len(content)}\r\n"
                text += "".join(f"{name}: {value}\r\n" for name, value in extra.items())
                writer.write(text.encode() + b"\r\n" + (b"" if method == "HEAD" else content))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def json_answer(status, document, headers=None):
    return status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, json.dumps(document).encode()

"""Values that nobody else uses, put in every place that has to be kept secret: whatever prints one gives it away."""

import base64
import itertools
import re
import urllib.parse

_numbers = itertools.count(0x5EC0DE01)


class Canaries:
    """`secret(name)` and `person(name)` make a value, or give the one that was made."""

    def __init__(self):
        self.secrets = {}
        self.people = {}

    def secret(self, name, length=32):
        """Letters and digits alone, so that it fits wherever a secret is asked for."""
        if name not in self.secrets:
            self.secrets[name] = f"cAnAry{next(_numbers):x}".ljust(length, "x")[:length]
        return self.secrets[name]

    def person(self, name, text):
        """What says something of a person: `text` with a number that nobody has."""
        if name not in self.people:
            self.people[name] = f"{text}{next(_numbers)}"
        return self.people[name]

    @staticmethod
    def _forms(value):
        raw = value.encode()
        yield value
        yield raw.hex()
        yield urllib.parse.quote(value)
        # Inside a longer text that is base64 as a whole, at each of the three offsets.
        for offset in range(3):
            encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
            yield encoded[4 if offset else 0 : len(encoded) - 2]

    def _found(self, values, text):
        return sorted(name for name, value in values.items() if any(form in text for form in self._forms(value)))

    def check(self, where, text, may_show_people=False):
        """`text` is what `where` printed."""
        text = text if isinstance(text, str) else text.decode(errors="replace")
        found = self._found(self.secrets, text)
        if not may_show_people:
            found += self._found(self.people, text)
        shown = "\n".join(line[:400] for line in text.splitlines()
                          if any(form in line for name in found
                                 for form in self._forms(self.secrets.get(name) or self.people[name])))
        assert not found, f"{where} gives away {found}:\n{re.sub(chr(27), '', shown)}"

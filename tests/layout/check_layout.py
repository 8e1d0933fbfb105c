#!/usr/bin/env python3
"""The style of the code base as a test: include directions, file sizes, banned calls, formatting, headers, documents.

    tests/layout/check_layout.py [--root FOLDER] [--only RULE …] [--list]

Prints one line for each breach, `path:line: rule: what is wrong and what to do`, and exits 1 when there is any. Each rule
is a function below; tests/layout/test_check_layout.py shows for each that it catches what it is there for.
"""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys

# ---- what is allowed ------------------------------------------------------------------------------------------------------

# Which parts a part may include: design, section 5. base and config and so on are folders of src/.
BELOW_STORE = {"base", "domain"}
LANES = BELOW_STORE | {"http", "verify", "store"}
MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "config": {"base", "domain"},
    "verify": BELOW_STORE,
    "http": BELOW_STORE,
    "store": BELOW_STORE,
    "receive": LANES,
    "dispatch": LANES,
    "notify": LANES,
    "push": LANES,
    "alert": LANES,
    "api": LANES,
    "app": LANES | {"config", "receive", "dispatch", "notify", "push", "alert", "api"},
    "doctor": LANES | {"config", "alert", "app"},
    "cli": LANES | {"config", "receive", "dispatch", "notify", "push", "alert", "api", "app", "doctor"},
    "main.cpp": {"base", "cli"},
}

# Libraries that only one place may know, so that they can be replaced there.
LIBRARY_HOMES = {
    r"libpq.*|postgres_ext\.h|pg_config.*": "src/store/postgres",
    r"sqlite3.*": "src/store/sqlite",
    r"toml\+\+/.*": "src/config",
    r"CLI/.*": "src/cli",
    r"prometheus/.*": "src/api",
    r"ares\.h": "src/http",
    r"pugixml\.hpp": "src/receive",
    r"curl/.*": "src/alert",
    r"openssl/ssl\.h|boost/asio/ssl.*": "src/http",
}

# Libraries whose headers take so long to compile that no header of ours may include them: each file would pay.
SLOW_LIBRARIES = r"(?:CLI|toml\+\+|prometheus|curl|boost/beast|boost/json)/.*|boost/(?:beast|json)\.hpp|pugixml\.hpp"

LONGEST_FILE = 500
# A file may be longer only if it stands here with the reason.
LONGER_FILES: dict[str, str] = {}

# Calls and words that have no place in the code, with what to do instead. Comments count for the words only.
BANNED_CALLS = {
    r"\bsleep_for\b|\bsleep_until\b|\busleep\s*\(|\bnanosleep\s*\(": "wait for a condition or a timer",
    r"(?<![\w.>:])(?:std::|::)?system\s*\(": "run no shell; posix_spawn with arguments if a process is needed",
    r"\bpopen\s*\(": "run no shell; posix_spawn with arguments if a process is needed",
    r"\bstrcpy\b|\bstrcat\b|\bsprintf\b|\bgets\s*\(": "std::string, fmt::format",
    r"\bstd::format\b|#\s*include\s*<format>": "fmt::format: GCC 12 has no <format>",
    r"\bGTEST_SKIP\b|\bSUCCEED\s*\(": "a test asserts something or does not exist",
    r"\bDISABLED_\w": "a test runs or does not exist",
    r"(?<!\()\brc::check\s*\(": "it only answers whether the property holds: EXPECT_TRUE(rc::check(…))",
    r"\bfmt::format_to(?:_n)?\s*\((?![^;]*FMT_COMPILE)": "text += fmt::format(…): it compiles the whole formatter anew, two seconds a file",
    r"\busing namespace std\s*;": "name what is used",
}
BANNED_WORDS = {
    r"\bTODO\b|\bFIXME\b|\bXXX\b|\bHACK\b": "do it now, or open an issue",
}
# Waiting without being woken is right where the peer cannot wake us: bounded pauses between tries, on a thread that has
# nothing else to do.
ALLOWED_CALLS = {
    ("src/store/lookups.cpp", "sleep_until"): "pauses between the pieces of a ledger or a search, on the thread of who waits for it",
    ("src/store/sqlite/connection.cpp", "sleep_for"): "pauses between bounded tries of a busy file, on the store's thread",
    ("src/store/sqlite/sqlite_store.cpp", "sleep_for"): "pauses while a commit's outcome is found out, on the store's thread",
    ("src/store/postgres/postgres_store.cpp", "sleep_for"): "pauses between bounded tries, on the store's thread",
    ("src/store/postgres/commit.cpp", "sleep_for"): "pauses while a commit's outcome is found out, on the store's thread",
}
# Tests in Python wait for conditions; harness/service.py has the one loop that looks again.
PYTHON_SLEEP_HOMES = {"tests/harness/service.py"}

BANNED_FOLDERS = {"util", "utils", "common", "helper", "helpers", "misc", "lib"}

# Folders with code of our own.
CODE_FOLDERS = ("src", "tests", "bench")
# Folders that nothing is looked for in.
SKIPPED_FOLDERS = {"build", "node_modules", "__pycache__", ".git", "corpus", "results"}

# A path of somebody's machine. The last: a folder that some build machines mount the source at.
MACHINE_PATH = re.compile(r"""(?<![\w.$}/-])/(?:home|Users|root)/[\w.-]+|(?<![\w.$}/:-])/work(?:/|\b(?!\w))""")

CLANG_FORMAT = "clang-format-19"

# ---- the tree -------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, order=True)
class Breach:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Tree:
    """The files of a source tree, read once. Paths are relative to its root, with `/`."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self._texts = {}
        self.files = sorted(self._walk(self.root))

    def _walk(self, folder):
        for entry in folder.iterdir():
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS:
                    yield from self._walk(entry)
            else:
                yield entry.relative_to(self.root).as_posix()

    def code(self, *suffixes):
        """The files of ours with one of these endings."""
        return [f for f in self.files if f.endswith(suffixes) and f.split("/")[0] in CODE_FOLDERS]

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]


_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>(?<!\w)'(?:\\.|[^'\\\n])+')""",
    re.DOTALL,
)


def without_comments_and_strings(text):
    """The same text with comments and literals blanked, every line where it was."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    # The names of included files are strings that count.
    return _TOKEN.sub(lambda match: match.group() if _is_include(text, match) else blank(match), text)


def _is_include(text, match):
    begin = text.rfind("\n", 0, match.start()) + 1
    return re.fullmatch(r"\s*#\s*include\s*", text[begin : match.start()]) is not None


def line_of(text, position):
    return text.count("\n", 0, position) + 1


_INCLUDE = re.compile(r"""^[ \t]*#[ \t]*include[ \t]*(?:"(?P<own>[^"\n]*)"|<(?P<library>[^>\n]*)>)""", re.MULTILINE)


def includes(text):
    """(line, own path or None, library path or None) of each."""
    code = without_comments_and_strings(text)
    for match in _INCLUDE.finditer(code):
        yield line_of(code, match.start()), match.group("own"), match.group("library")


# ---- the rules: each takes a Tree and yields breaches ---------------------------------------------------------------------


def engine_of(path):
    """`sqlite` or `postgres` for a file of that store."""
    match = re.match(r"src/store/(sqlite|postgres)/", path)
    return match and match.group(1)


def include_directions(tree):
    """Parts include only the parts below them, by `part/file.h`."""
    known = {path.removeprefix("src/") for path in tree.code(".h") if path.startswith("src/")}
    for path in tree.code(".h", ".cpp"):
        if not path.startswith("src/"):
            continue
        part = path.split("/")[1]
        if part not in MAY_INCLUDE:
            message = f"src/{part} is no part: name it in MAY_INCLUDE with what it may include"
            yield Breach(path, 1, "include_directions", message)
            continue
        for line, own, _ in includes(tree.text(path)):
            if own is None:
                continue
            if own not in known:
                yield Breach(path, line, "include_directions", f'"{own}" is no header below src/: write "part/file.h"')
                continue
            other = own.split("/")[0]
            if other != part and other not in MAY_INCLUDE[part]:
                allowed = ", ".join(sorted(MAY_INCLUDE[part])) or "nothing"
                message = f"{part} may not include {other} ({own}); it may include {allowed}"
                yield Breach(path, line, "include_directions", message)
            engine = engine_of("src/" + own)
            if engine and not path.startswith("src/store/"):
                yield Breach(path, line, "include_directions", f"{own} belongs to one engine: use store/store.h")
            if engine and engine_of(path) not in (None, engine):
                yield Breach(path, line, "include_directions", f"one engine may not include the other's {own}")


def cmake_directions(tree):
    """src/CMakeLists.txt links no part to one that it may not include."""
    path = "src/CMakeLists.txt"
    if path not in tree.files:
        return
    text = tree.text(path)
    for match in re.finditer(r"yizhan_part\(\s*(\w+)([^)]*)\)", text):
        part, rest = match.groups()
        depends = re.search(r"\bDEPENDS\b([\w\s]*?)(?:\bLINK\b|$)", rest)
        for other in depends.group(1).split() if depends else []:
            if other not in MAY_INCLUDE.get(part, set()):
                yield Breach(path, line_of(text, match.start()), "cmake_directions", f"{part} may not depend on {other}")


def library_homes(tree):
    """Some libraries are known in one place only."""
    for path in tree.code(".h", ".cpp"):
        if not path.startswith("src/"):
            continue
        for line, _, library in includes(tree.text(path)):
            for pattern, home in LIBRARY_HOMES.items():
                if library and re.fullmatch(pattern, library) and not path.startswith(home + "/"):
                    yield Breach(path, line, "library_homes", f"<{library}> belongs to {home} only")


def slow_libraries(tree):
    """What is slow to compile is included by .cpp files only."""
    for path in tree.code(".h"):
        if not path.startswith("src/"):
            continue
        for line, _, library in includes(tree.text(path)):
            if library and re.fullmatch(SLOW_LIBRARIES, library):
                yield Breach(path, line, "slow_libraries", f"<{library}> is slow to compile: include it in a .cpp, declare here what is needed")


def file_sizes(tree):
    """No file of code is longer than 500 lines."""
    for path in tree.code(".h", ".cpp", ".py"):
        if not path.startswith(("src/", "tests/")) or path in LONGER_FILES:
            continue
        lines = tree.text(path).count("\n")
        if lines > LONGEST_FILE:
            message = f"{lines} lines, at most {LONGEST_FILE}: give each concept a file"
            yield Breach(path, LONGEST_FILE + 1, "file_sizes", message)
    for path in LONGER_FILES:
        if path in tree.files and tree.text(path).count("\n") <= LONGEST_FILE:
            yield Breach(path, 1, "file_sizes", "no longer too long: take it out of LONGER_FILES")


def banned_calls(tree):
    """No sleeps, no shell, no unbounded copies, no tests that do not test."""
    used = set()
    for path in tree.code(".h", ".cpp"):
        code = without_comments_and_strings(tree.text(path))
        for pattern, instead in BANNED_CALLS.items():
            for match in re.finditer(pattern, code):
                word = match.group().strip().removesuffix("(").strip()
                if (path, word) in ALLOWED_CALLS:
                    used.add((path, word))
                    continue
                yield Breach(path, line_of(code, match.start()), "banned_calls", f"{word}: {instead}")
    for path, word in sorted(set(ALLOWED_CALLS) - used):
        if path in tree.files:
            yield Breach(path, 1, "banned_calls", f"{word} is gone: take it out of ALLOWED_CALLS")
    for path in tree.code(".py"):
        if not path.startswith("tests/") or path in PYTHON_SLEEP_HOMES:
            continue
        text = tree.text(path)
        for match in re.finditer(r"^[^#\n\"']*\btime\.sleep\(", text, re.MULTILINE):
            yield Breach(path, line_of(text, match.start()), "banned_calls", "time.sleep: wait for a condition (harness)")


def banned_words(tree):
    """Nothing is left for later."""
    here = "tests/layout/"
    for path in tree.code(".h", ".cpp", ".py", ".txt", ".ts", ".tsx", ".js", ".mjs"):
        if path.startswith(here):
            continue
        for pattern, instead in BANNED_WORDS.items():
            for match in re.finditer(pattern, tree.text(path)):
                yield Breach(path, line_of(tree.text(path), match.start()), "banned_words", f"{match.group()}: {instead}")


def folder_names(tree):
    """No folder for everything that has no place."""
    reported = set()
    for path in tree.files:
        if path.split("/")[0] not in CODE_FOLDERS:
            continue
        parts = path.split("/")[:-1]
        for depth, name in enumerate(parts):
            folder = "/".join(parts[: depth + 1])
            if name in BANNED_FOLDERS and folder not in reported:
                reported.add(folder)
                yield Breach(folder, 1, "folder_names", f"{name}: name the concept, or put it with its user")


def file_names(tree):
    """C++ files are named in snake_case, .h and .cpp."""
    for path in tree.files:
        if path.split("/")[0] not in CODE_FOLDERS:
            continue
        name = path.split("/")[-1]
        if re.search(r"\.(hpp|hh|hxx|cc|cxx|c\+\+)$", name):
            yield Breach(path, 1, "file_names", "headers end with .h, sources with .cpp")
        if re.search(r"\.(h|cpp|py)$", name) and not re.fullmatch(r"[a-z0-9_]+\.(h|cpp|py)", name):
            yield Breach(path, 1, "file_names", "write it in snake_case")


def one_name_one_type(tree):
    """A type has its name to itself: of two in one namespace the linker keeps the functions of either."""
    declared = {}
    for path in tree.code(".h", ".cpp"):
        if not path.startswith("src/"):
            continue
        code = tree.text(path)
        namespace = re.search(r"^namespace (\w+(?:::\w+)*) \{", code, re.MULTILINE)
        if namespace is None:
            continue
        # What stands in an unnamed namespace is its file's own. Formatting closes one with this very comment.
        own = [(match.start(), match.end()) for match in re.finditer(r"^namespace \{$.*?^\}  // namespace$", code, re.MULTILINE | re.DOTALL)]
        for match in re.finditer(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^;{]*)? \{", code, re.MULTILINE):
            if any(begin < match.start() < end for begin, end in own):
                continue
            first = declared.setdefault((namespace[1], match[1]), path)
            if first != path:
                message = f"{namespace[1]}::{match[1]} is declared in {first}, too: give one of them another name"
                yield Breach(path, line_of(code, match.start()), "one_name_one_type", message)


def headers(tree):
    """A header begins with its contract as a comment, then #pragma once."""
    for path in tree.code(".h"):
        text = tree.text(path)
        head, pragma, _ = text.partition("#pragma once\n")
        if not pragma:
            yield Breach(path, 1, "headers", "has no #pragma once")
            continue
        if not head.startswith("//"):
            yield Breach(path, 1, "headers", "begins without a comment that says what it is for")
        elif not all(line.startswith("//") or not line for line in head.split("\n")):
            yield Breach(path, 1, "headers", "only its comment stands before #pragma once")


def machine_paths(tree):
    """No path of a developer's machine."""
    for path in tree.files:
        if path.startswith("tests/layout/") or not re.search(
            r"\.(h|cpp|py|txt|cmake|json|toml|md|sh|yml|yaml|ts|tsx|js|mjs|html|css|service)$|(^|/)(run|test)$|^scripts/", path
        ):
            continue
        if path.endswith("package-lock.json"):
            continue
        text = tree.text(path)
        for match in MACHINE_PATH.finditer(text):
            yield Breach(path, line_of(text, match.start()), "machine_paths", f"{match.group()} is a path of one machine")


def headings(text):
    """The levels of a markdown document's headings, code blocks left out."""
    levels = []
    fence = None
    for line in text.split("\n"):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark:
            fence = None if fence and mark.group(1).startswith(fence) else fence or mark.group(1)
        elif fence is None and (match := re.match(r"(#{1,6})\s", line)):
            levels.append(len(match.group(1)))
    return levels


def translated_documents(tree):
    """The English and the Chinese README have the same headings."""
    pair = ("README.md", "README.zh-CN.md")
    missing = [path for path in pair if path not in tree.files]
    for path in missing:
        yield Breach(path, 1, "translated_documents", "is missing")
    if missing:
        return
    english, chinese = (headings(tree.text(path)) for path in pair)
    if english != chinese:
        yield Breach(
            pair[1], 1, "translated_documents",
            f"its headings (levels {chinese}) are not those of README.md (levels {english}): translate what is new",
        )


def formatting(tree):
    """Every C++ file is as clang-format leaves it."""
    if shutil.which(CLANG_FORMAT) is None:
        print(f"check_layout: {CLANG_FORMAT} is not installed: formatting was not checked", file=sys.stderr)
        return

    def check(paths):
        return subprocess.run(
            [CLANG_FORMAT, "--dry-run", "-Werror", "--ferror-limit=1", "--style=file", *paths],
            cwd=tree.root, capture_output=True, text=True, check=False,
        ).stderr

    paths = tree.code(".h", ".cpp")
    batches = [paths[i : i + 40] for i in range(0, len(paths), 40)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        outputs = list(pool.map(check, batches))
    finding = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: error: code should be clang-formatted", re.MULTILINE)
    for output in outputs:
        for match in finding.finditer(output):
            yield Breach(match["path"], int(match["line"]), "formatting", f"run: {CLANG_FORMAT} -i {match['path']}")


RULES = [
    include_directions,
    cmake_directions,
    library_homes,
    slow_libraries,
    file_sizes,
    banned_calls,
    banned_words,
    folder_names,
    file_names,
    one_name_one_type,
    headers,
    machine_paths,
    translated_documents,
    formatting,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2], help="the source tree")
    parser.add_argument("--only", action="append", metavar="RULE", help="check only this rule; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the rules")
    arguments = parser.parse_args()
    if arguments.list:
        for rule in RULES:
            print(f"{rule.__name__:22} {rule.__doc__}")
        return 0
    names = {rule.__name__ for rule in RULES}
    unknown = set(arguments.only or []) - names
    if unknown:
        parser.error(f"no such rule: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(names))}")

    tree = Tree(arguments.root)
    breaches = sorted({b for rule in RULES if not arguments.only or rule.__name__ in arguments.only for b in rule(tree)})
    for breach in breaches:
        print(breach)
    print(f"check_layout: {len(tree.files)} files, {len(breaches)} breaches", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

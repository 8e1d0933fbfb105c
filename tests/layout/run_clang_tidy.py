#!/usr/bin/env python3
"""Runs clang-tidy with the repository's .clang-tidy over our C++ files; every finding is an error.

    tests/layout/run_clang_tidy.py -p build/dev                  all files
    tests/layout/run_clang_tidy.py -p build/dev src/http         files below a folder, or single files
    tests/layout/run_clang_tidy.py -p build/dev --since main     files that changed since a commit, and those that include them
    tests/layout/run_clang_tidy.py -p build/dev --time-limit 300 starts nothing new after 300 s; what was not reached is said

A file costs some 5 to 15 seconds of processor time, so a file that was found clean is not looked at again until it, a
header of ours that it includes, its compile command, .clang-tidy or clang-tidy itself changes: a full run starts warm from
<build folder>/clang-tidy-cache. Where there is a time limit, what the last commit changed goes first and the rest in random
order, so that bounded runs without a cache get through everything in time too.

Exit status: 0 no finding, 1 findings, 2 it could not run.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import pathlib
import random
import re
import shlex
import subprocess
import sys
import time

CLANG_TIDY = "clang-tidy-19"
FOLDERS = ("src", "tests", "bench")
DEEP = "clang-analyzer-*"
# What GCC's compile command has and clang does not know.
UNKNOWN_TO_CLANG = re.compile(r"unknown warning option|argument unused during compilation")

_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


class Sources:
    """Our files and what they include."""

    def __init__(self, root):
        self.root = root

    @functools.lru_cache(maxsize=None)
    def content(self, path):
        return path.read_bytes()

    @functools.lru_cache(maxsize=None)
    def direct_includes(self, path):
        found = []
        for name in _INCLUDE.findall(self.content(path)):
            for folder in (path.parent, self.root / "src", self.root / "tests", self.root / "bench"):
                candidate = (folder / name.decode()).resolve()
                if candidate.is_file():
                    found.append(candidate)
                    break
        return tuple(found)

    def with_includes(self, path):
        """The file and every header of ours that it includes, directly or not."""
        seen = {path}
        waiting = [path]
        while waiting:
            for included in self.direct_includes(waiting.pop()):
                if included not in seen:
                    seen.add(included)
                    waiting.append(included)
        return seen


def compile_commands(build, root):
    """path → command, for our own files."""
    file = build / "compile_commands.json"
    try:
        entries = json.loads(file.read_text())
    except OSError as error:
        print(f"run_clang_tidy: {file}: {error.strerror}: configure first, as `cmake --preset dev`", file=sys.stderr)
        raise SystemExit(2) from error
    commands = {}
    for entry in entries:
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(root) and path.relative_to(root).parts[0] in FOLDERS and path.is_file():
            commands[path] = entry.get("command") or shlex.join(entry["arguments"])
    return commands


def cache_key(sources, path, command, settings):
    key = hashlib.sha256()
    for part in (*settings, command):
        key.update(part.encode() + b"\0")
    for included in sorted(sources.with_includes(path)):
        key.update(str(included.relative_to(sources.root)).encode() + b"\0")
        key.update(hashlib.sha256(sources.content(included)).digest())
    return key.hexdigest()


def has_commit(root, name):
    """False too where there is no repository, or only its newest commit."""
    command = ["git", "rev-parse", "-q", "--verify", name]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0


def changed_files(root, since):
    """Those that differ from the commit, or are new."""

    def git(*words):
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"run_clang_tidy: git {words[0]}: {done.stderr.strip()}", file=sys.stderr)
            raise SystemExit(2)
        return done.stdout.splitlines()

    listing = git("diff", "--name-only", "--relative", since, "--") + git("ls-files", "--others", "--exclude-standard")
    return {(root / line).resolve() for line in listing}


def findings_of(output):
    """The findings, each with the lines that show it and its notes."""
    lines = [
        line
        for line in output.splitlines()
        if not re.match(r"\d+ warnings? generated|Suppressed \d+|Use -header-filter|\d+ warnings? treated as", line)
        and not UNKNOWN_TO_CLANG.search(line)
    ]
    blocks = []
    for line in lines:
        if re.match(r"\S.*:\d+:\d+: (warning|error): ", line) or not blocks:
            blocks.append([])
        blocks[-1].append(line)
    return ["\n".join(block).strip() for block in blocks if any(block)]


def tidy(path, build, deep):
    command = [CLANG_TIDY, "-p", str(build), "--quiet", "--extra-arg=-Wno-unknown-warning-option"]
    if deep:
        command.append(f"--checks={DEEP}")
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    findings = findings_of(done.stdout)
    if done.returncode != 0 and not findings:
        findings = [f"{path}: clang-tidy failed ({done.returncode}):\n{done.stderr.strip()}"]
    return findings


def chosen_files(arguments, sources, commands):
    """What to look at, in the order of interest."""
    files = sorted(commands)
    if arguments.paths:
        wanted = [pathlib.Path(p).resolve() for p in arguments.paths]
        files = [f for f in files if any(f == w or f.is_relative_to(w) for w in wanted)]
        if not files:
            print("run_clang_tidy: no compiled file below " + ", ".join(arguments.paths), file=sys.stderr)
            raise SystemExit(2)
    if arguments.since:
        changed = changed_files(sources.root, arguments.since)
        files = [f for f in files if sources.with_includes(f) & changed]
        files.sort(key=lambda f: f not in changed)
    elif arguments.time_limit is not None:
        changed = changed_files(sources.root, "HEAD~1") if has_commit(sources.root, "HEAD~1") else set()
        random.shuffle(files)
        files.sort(key=lambda f: f not in changed)
    return files


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-p", "--build", required=True, type=pathlib.Path, help="a configured build folder")
    parser.add_argument("--since", metavar="COMMIT", help="only what changed since this commit")
    parser.add_argument("--deep", action="store_true", help=f"adds {DEEP}: three to six times the time")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="start no file after this time")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="files at once (default: 2)")
    parser.add_argument(
        "--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2], help="the source tree"
    )
    parser.add_argument("paths", nargs="*", help="folders or files; default: all")
    arguments = parser.parse_args(words)

    root = arguments.root.resolve()
    build = arguments.build.resolve()
    sources = Sources(root)
    try:
        version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    except OSError:
        print(f"run_clang_tidy: {CLANG_TIDY} is not installed", file=sys.stderr)
        return 2
    commands = compile_commands(build, root)
    settings = (version, (root / ".clang-tidy").read_text(), DEEP if arguments.deep else "")
    cache = build / "clang-tidy-cache"
    cache.mkdir(exist_ok=True)

    files = chosen_files(arguments, sources, commands)
    keys = {f: cache_key(sources, f, commands[f], settings) for f in files}
    waiting = [f for f in files if not (cache / keys[f]).exists()]
    begin = time.monotonic()
    unreached = []
    failed = 0
    printed = set()  # a finding in a header comes once for each file that includes it

    def look(path):
        if arguments.time_limit is not None and time.monotonic() - begin > arguments.time_limit:
            return None
        return tidy(path, build, arguments.deep)

    with concurrent.futures.ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for path, findings in zip(waiting, pool.map(look, waiting)):
            if findings is None:
                unreached.append(path)
            elif findings:
                failed += 1
                for finding in findings:
                    if finding not in printed:
                        printed.add(finding)
                        print(finding, flush=True)
            else:
                (cache / keys[path]).touch()

    print(
        f"run_clang_tidy: {len(files)} files, {len(files) - len(waiting)} unchanged since they were clean, "
        f"{len(waiting) - len(unreached)} checked, {failed} with findings, {len(unreached)} not reached in time, "
        f"{time.monotonic() - begin:.0f} s",
        file=sys.stderr,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

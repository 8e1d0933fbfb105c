"""run_clang_tidy.py finds what is wrong, and looks again at exactly what may have changed."""

import contextlib
import io
import json
import pathlib
import shutil
import tempfile
import unittest

import run_clang_tidy

CLEAN = "struct Holder {};\n"
WRONG = "struct holder {};\n"


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        shutil.copy(pathlib.Path(__file__).resolve().parents[2] / ".clang-tidy", self.root)
        self.write("src/base/a.h", "#pragma once\n")
        self.write("src/base/a.cpp", '#include "base/a.h"\n' + CLEAN)
        self.write("src/base/b.cpp", CLEAN)
        self.write("build/compile_commands.json", json.dumps(
            [{"directory": str(self.root), "file": f"src/base/{name}.cpp", "command": f"c++ -Isrc -c src/base/{name}.cpp"} for name in "ab"]
        ))

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run_tidy(self, *words):
        """Its exit status, what it found, and how many files it looked at."""
        out, summary = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(summary):
            status = run_clang_tidy.main(["-p", str(self.root / "build"), "--root", str(self.root), *words])
        checked = int(summary.getvalue().split(" checked")[0].split()[-1])
        return status, out.getvalue(), checked

    def test_a_clean_file_is_not_looked_at_again(self):
        self.assertEqual(self.run_tidy(), (0, "", 2))
        self.assertEqual(self.run_tidy(), (0, "", 0))

    def test_a_changed_header_brings_back_what_includes_it(self):
        self.run_tidy()
        self.write("src/base/a.h", "#pragma once\n// Changed.\n")
        self.assertEqual(self.run_tidy(), (0, "", 1))

    def test_changed_settings_bring_back_everything(self):
        self.run_tidy()
        self.write(".clang-tidy", (self.root / ".clang-tidy").read_text() + "# Changed.\n")
        self.assertEqual(self.run_tidy(), (0, "", 2))

    def test_a_finding_fails_until_it_is_gone(self):
        self.write("src/base/b.cpp", WRONG)
        for _ in range(2):
            status, findings, _ = self.run_tidy()
            self.assertEqual(status, 1)
            self.assertIn("src/base/b.cpp:1:8: error: invalid case style for struct 'holder'", findings)
        self.write("src/base/b.cpp", CLEAN)
        self.assertEqual(self.run_tidy(), (0, "", 1))

    def test_a_finding_in_a_header_is_printed_once(self):
        self.write("src/base/a.h", "#pragma once\n" + WRONG)
        self.write("src/base/b.cpp", '#include "base/a.h"\n' + CLEAN)
        status, findings, checked = self.run_tidy()
        self.assertEqual((status, checked), (1, 2))
        self.assertEqual(findings.count("invalid case style"), 1)

    def test_a_file_that_does_not_compile_fails(self):
        self.write("src/base/b.cpp", "int value( {\n")
        status, findings, _ = self.run_tidy(str(self.root / "src/base/b.cpp"))
        self.assertEqual(status, 1)
        self.assertIn("b.cpp", findings)

    def test_the_time_limit_starts_nothing_new(self):
        self.assertEqual(self.run_tidy("--time-limit", "-1"), (0, "", 0))


if __name__ == "__main__":
    unittest.main()

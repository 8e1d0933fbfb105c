"""Each rule of check_layout.py catches what it is there for, and lets the right thing pass."""

import pathlib
import shutil
import tempfile
import unittest

import check_layout

HEADER = "// What it is for.\n#pragma once\n"


class Rules(unittest.TestCase):
    def breaches(self, rule, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return sorted((b.path, b.line) for b in rule(check_layout.Tree(folder)))

    def check(self, rule, files, *expected):
        self.assertEqual(self.breaches(rule, files), sorted(expected))

    def test_parts_include_only_what_is_below_them(self):
        files = {f"src/{part}/a.h": HEADER for part in ("base", "domain", "config", "http", "store", "dispatch", "api", "app", "cli")}

        def including(path, own):
            return self.breaches(check_layout.include_directions, files | {path: f'#include "{own}"\n'})

        allowed = [("domain", "base"), ("http", "domain"), ("dispatch", "store"), ("dispatch", "http"), ("api", "store"),
                   ("app", "dispatch"), ("app", "config"), ("cli", "app"), ("config", "domain"), ("base", "base")]
        for part, other in allowed:
            self.assertEqual(including(f"src/{part}/b.cpp", f"{other}/a.h"), [], (part, other))
        forbidden = [("base", "domain"), ("domain", "http"), ("http", "store"), ("store", "http"), ("dispatch", "api"),
                     ("api", "dispatch"), ("dispatch", "config"), ("api", "config"), ("config", "http"), ("app", "cli"),
                     ("store", "dispatch")]
        for part, other in forbidden:
            self.assertEqual(including(f"src/{part}/b.cpp", f"{other}/a.h"), [(f"src/{part}/b.cpp", 1)], (part, other))
        self.assertEqual(including("src/main.cpp", "cli/a.h"), [])
        self.assertEqual(including("src/main.cpp", "dispatch/a.h"), [("src/main.cpp", 1)])

    def test_includes_name_part_and_file(self):
        files = {"src/base/a.h": HEADER, "src/base/b.cpp": '\n#include "a.h"\n', "src/base/c.cpp": '#include "../base/a.h"\n',
                 "src/base/d.cpp": '// #include "gone.h"\n/*\n#include "gone.h"\n*/\n#  include  "base/a.h"\n'}
        self.check(check_layout.include_directions, files, ("src/base/b.cpp", 2), ("src/base/c.cpp", 1))

    def test_a_new_part_says_what_it_may_include(self):
        self.check(check_layout.include_directions, {"src/novelty/a.cpp": ""}, ("src/novelty/a.cpp", 1))

    def test_a_type_has_its_name_to_itself(self):
        named = "namespace yizhan::store {{\n{}\n}}  // namespace yizhan::store\n"
        own = named.format("namespace {\nstruct Row {\n};\n}  // namespace")
        files = {"src/store/a.h": named.format("struct Row {\n};"), "src/store/b.h": named.format("class Row final : public X {\n};"),
                 "src/store/c.cpp": own, "src/store/d.cpp": own, "src/store/e.cpp": named.format("struct Row;\nclass Row::Part {\n};"),
                 "src/api/a.h": "namespace yizhan::api {\nstruct Row {\n};\n}  // namespace yizhan::api\n"}
        self.check(check_layout.one_name_one_type, files, ("src/store/b.h", 2))

    def test_engines_are_known_inside_the_store_only(self):
        files = {"src/store/sqlite/a.h": HEADER, "src/store/postgres/a.h": HEADER,
                 "src/store/open.cpp": '#include "store/sqlite/a.h"\n#include "store/postgres/a.h"\n',
                 "src/store/sqlite/b.cpp": '#include "store/sqlite/a.h"\n#include "store/postgres/a.h"\n',
                 "src/app/a.cpp": '#include "store/sqlite/a.h"\n'}
        self.check(check_layout.include_directions, files, ("src/store/sqlite/b.cpp", 2), ("src/app/a.cpp", 1))

    def test_cmake_follows_the_same_directions(self):
        text = "yizhan_part(base LINK fmt::fmt)\nyizhan_part(domain DEPENDS base)\n{}\n"
        self.check(check_layout.cmake_directions, {"src/CMakeLists.txt": text.format("yizhan_part(http DEPENDS base domain LINK x)")})
        self.check(check_layout.cmake_directions, {"src/CMakeLists.txt": text.format("yizhan_part(http DEPENDS base store LINK x)")},
                   ("src/CMakeLists.txt", 3))

    def test_libraries_have_one_home(self):
        files = {"src/store/postgres/a.cpp": "#include <libpq-fe.h>\n", "src/store/sqlite/a.cpp": "#include <sqlite3.h>\n",
                 "src/store/open.cpp": "#include <sqlite3.h>\n", "src/app/a.cpp": "#include <vector>\n#include <libpq-fe.h>\n",
                 "src/config/a.cpp": "#include <toml++/toml.h>\n", "src/cli/a.cpp": "#include <toml++/toml.h>\n"}
        self.check(check_layout.library_homes, files, ("src/store/open.cpp", 1), ("src/app/a.cpp", 2), ("src/cli/a.cpp", 1))

    def test_headers_include_nothing_that_is_slow_to_compile(self):
        files = {"src/cli/a.h": "#include <string>\n#include <CLI/CLI.hpp>\n", "src/cli/a.cpp": "#include <CLI/CLI.hpp>\n",
                 "src/push/a.h": "#include <boost/json/value.hpp>\n#include <boost/json.hpp>\n#include <boost/asio/post.hpp>\n",
                 "tests/unit/a.h": "#include <toml++/toml.h>\n"}
        self.check(check_layout.slow_libraries, files, ("src/cli/a.h", 2), ("src/push/a.h", 1), ("src/push/a.h", 2))

    def test_no_file_is_longer_than_500_lines(self):
        files = {"src/base/a.cpp": "\n" * 500, "src/base/b.cpp": "\n" * 501, "tests/unit/c.py": "\n" * 501, "bench/d.cpp": "\n" * 501}
        self.check(check_layout.file_sizes, files, ("src/base/b.cpp", 501), ("tests/unit/c.py", 501))

    def test_banned_calls(self):
        for call in ("std::this_thread::sleep_for(x);", "::usleep(5);", "std::system(\"ls\");", "system (\"ls\");", "strcpy(a, b);",
                     "popen(\"ls\", \"r\");", "rc::check(\"a\", b);", "GTEST_SKIP();", "SUCCEED();", "TEST(A, DISABLED_b) {}", "std::format(\"\");",
                     "#include <format>", "using namespace std;", 'fmt::format_to(out, "{}", x);', 'fmt::format_to_n(p, 9, "{}", x);'):
            self.check(check_layout.banned_calls, {"src/base/a.cpp": "\n" + call + "\n"}, ("src/base/a.cpp", 2))
        for fine in ("// sleep_for is banned", "EXPECT_TRUE(rc::check(\"a\", b));", 'log("usleep(1)");', "boost::system::error_code e;", "file_system(x);", "asio.system(x);",
                     "using namespace std::chrono_literals;", 'R"(system("ls"))";', 'fmt::format_to(out, FMT_COMPILE("{}"), x);', "auto million = 1'000'000; // system(\n"):
            self.check(check_layout.banned_calls, {"src/base/a.cpp": fine + "\n"})

    def test_code_after_literals_is_still_seen(self):
        text = "char quote = '\"'; usleep(1);\nauto n = 1'000; usleep(1); auto m = 2'000;\nauto s = \"\\\"\"; usleep(1);\n"
        self.check(check_layout.banned_calls, {"src/base/a.cpp": text}, ("src/base/a.cpp", 1), ("src/base/a.cpp", 2), ("src/base/a.cpp", 3))

    def test_an_allowed_call_that_is_gone_is_reported(self):
        for path, call in check_layout.ALLOWED_CALLS:
            self.check(check_layout.banned_calls, {path: f"{call}(1);\n"})
            self.check(check_layout.banned_calls, {path: "\n"}, (path, 1))

    def test_python_tests_do_not_sleep(self):
        files = {"tests/e2e/test_a.py": "import time\ntime.sleep(1)\n", "tests/harness/service.py": "time.sleep(1)\n", "bench/a.py": "time.sleep(1)\n"}
        self.check(check_layout.banned_calls, files, ("tests/e2e/test_a.py", 2))

    def test_nothing_is_left_for_later(self):
        word = "TO" + "DO"
        self.check(check_layout.banned_words, {"src/base/a.cpp": f"\n// {word}: later\n", "tests/a.py": f"# FIX{'ME'}\n"},
                   ("src/base/a.cpp", 2), ("tests/a.py", 1))

    def test_no_folder_for_everything(self):
        self.check(check_layout.folder_names, {"src/base/util/a.h": "", "src/base/util/b.h": "", "tests/helpers/x/a.py": "", "docs/common/a.md": ""},
                   ("src/base/util", 1), ("tests/helpers", 1))

    def test_file_names(self):
        self.check(check_layout.file_names, {"src/base/a.hpp": "", "src/base/MyFile.cpp": "", "src/base/my_file.cpp": ""},
                   ("src/base/a.hpp", 1), ("src/base/MyFile.cpp", 1))

    def test_headers_begin_with_their_contract(self):
        self.check(check_layout.headers, {"src/base/a.h": HEADER, "src/base/b.h": "#pragma once\n// Later.\n", "src/base/c.h": "// No guard.\n",
                                          "src/base/d.h": "// Says it.\n#include <vector>\n#pragma once\n"},
                   ("src/base/b.h", 1), ("src/base/c.h", 1), ("src/base/d.h", 1))

    def test_no_paths_of_a_machine(self):
        for path in ("/home/" + "ada/x", "/root/" + ".cache", "/Users/" + "ada", "/wo" + "rk/main/src"):
            self.check(check_layout.machine_paths, {"docs/a.md": f"see {path}\n"}, ("docs/a.md", 1))
        for fine in ("~/x", "https://a.example/home/x", "$HOME/root/x", "/workers", "net/work/x", "/var/lib/yizhan", "a/home/x"):
            self.check(check_layout.machine_paths, {"docs/a.md": f"see {fine}\n"})

    def test_both_readmes_have_the_same_headings(self):
        english = "# A\n## B\n```sh\n# no heading\n```\n### C\n"
        self.check(check_layout.translated_documents, {"README.md": english, "README.zh-CN.md": "# 甲\n## 乙\n### 丙\n"})
        self.check(check_layout.translated_documents, {"README.md": english, "README.zh-CN.md": "# 甲\n## 乙\n"}, ("README.zh-CN.md", 1))
        self.check(check_layout.translated_documents, {"README.md": english}, ("README.zh-CN.md", 1))

    def test_formatting(self):
        self.assertIsNotNone(shutil.which(check_layout.CLANG_FORMAT), "install clang-format-19")
        files = {".clang-format": "BasedOnStyle: Google\n", "src/base/a.cpp": "int a;\n", "src/base/b.cpp": "int  a ;\n"}
        self.check(check_layout.formatting, files, ("src/base/b.cpp", 1))


if __name__ == "__main__":
    unittest.main()

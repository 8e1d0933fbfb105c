#include "cli/sql_text.h"

#include <gtest/gtest.h>

namespace yizhan::cli {
namespace {

TEST(EndsStatement, AtASemicolonOutsideOfQuotesAndComments) {
  EXPECT_TRUE(ends_statement("SELECT 1;"));
  EXPECT_TRUE(ends_statement("SELECT 1;  \n"));
  EXPECT_TRUE(ends_statement("SELECT 1; -- the end"));
  EXPECT_TRUE(ends_statement("SELECT ';';"));
  EXPECT_TRUE(ends_statement("SELECT 1; SELECT 2;"));
  EXPECT_TRUE(ends_statement(""));
  EXPECT_TRUE(ends_statement(" -- nothing\n"));
}

TEST(EndsStatement, NotWhileSomethingIsOpen) {
  EXPECT_FALSE(ends_statement("SELECT 1"));
  EXPECT_FALSE(ends_statement("SELECT 1; SELECT 2"));
  EXPECT_FALSE(ends_statement("SELECT 'a;"));
  EXPECT_FALSE(ends_statement("SELECT 'it''s;"));
  EXPECT_FALSE(ends_statement("SELECT \"a;"));
  EXPECT_FALSE(ends_statement("SELECT 1 -- ;"));
  EXPECT_FALSE(ends_statement("SELECT 1 /* ; "));
  EXPECT_FALSE(ends_statement("DO $$ BEGIN; "));
  EXPECT_FALSE(ends_statement("DO $body$ BEGIN; $$ ; "));
  EXPECT_TRUE(ends_statement("DO $body$ BEGIN; END $body$;"));
}

TEST(WithoutValues, LeavesNothingThatCouldBeSomebodysData) {
  EXPECT_EQ(without_values("UPDATE t SET name = 'Lin''s', phone=13800138000 -- for Lin\n WHERE id = 7;", 200),
            "UPDATE t SET name = '…', phone=# WHERE id = 7;");
  EXPECT_EQ(without_values("INSERT INTO t VALUES (E'a\\'b secret', $$body's$$, $x$a$x$)", 200),
            "INSERT INTO t VALUES ('…', '…', '…')");
  EXPECT_EQ(without_values("UPDATE \"t\" SET a = \"not a column\"", 200), "UPDATE \"t\" SET a = '…'");
  EXPECT_EQ(without_values("DELETE /* because of 'x' */ FROM t WHERE a = 'open", 200), "DELETE FROM t WHERE a = '…'");
  EXPECT_EQ(without_values("DELETE FROM t", 6), "DELETE");
}

TEST(OnlyLooks, IfEveryStatementDoes) {
  EXPECT_TRUE(only_looks("select 1; EXPLAIN SELECT 2; -- UPDATE\n"));
  EXPECT_TRUE(only_looks("BEGIN; SELECT 'UPDATE'; COMMIT"));
  EXPECT_FALSE(only_looks("SELECT 1; UPDATE t SET a = 1"));
  EXPECT_FALSE(only_looks("/* SELECT */ DELETE FROM t"));
  EXPECT_FALSE(only_looks("DROP TABLE t"));
}

}  // namespace
}  // namespace yizhan::cli

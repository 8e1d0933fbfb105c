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

}  // namespace
}  // namespace yizhan::cli

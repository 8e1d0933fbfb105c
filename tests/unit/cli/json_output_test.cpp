#include "cli/json_output.h"

#include <gtest/gtest.h>

namespace yizhan::cli {
namespace {

TEST(JsonOutput, BytesThatAreNoTextKeepTheirValue) {
  JsonWriter writer;
  writer.begin_object();
  add_bytes(writer, "text", "驿");
  add_bytes(writer, "bytes", "\xff\x01");
  EXPECT_EQ(writer.end_object().take(), R"({"text":"驿","bytes_base64":"/wE="})");
}

}  // namespace
}  // namespace yizhan::cli

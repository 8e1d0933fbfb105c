#include "config/change.h"

#include <gtest/gtest.h>

#include "loading.h"

namespace yizhan::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Change, NamesWhatDiffers) {
  const Config before = load_toml("[log]\nlevel = \"info\"\n" + kCrm +
                                  "[platforms.gone]\nbase_url = \"https://gone.example\"\nsigning = \"none\"\n"
                                  "[[routes]]\nsource = \"*\"\nplatform = \"crm\"\n")
                            .config;
  Config after = load_toml("[log]\nlevel = \"debug\"\n" + kCrm +
                           "in_flight_cap = 3\n[platforms.made]\nbase_url = \"https://made.example\"\nsigning = "
                           "\"none\"\n[[routes]]\nsource = \"*\"\nplatform = \"crm\"\n"
                           "[[routes]]\nsource = \"*\"\nplatform = \"made\"\n")
                     .config;
  const Change change = prepare_change(before, after);
  EXPECT_THAT(change.changed,
              ElementsAre("log.level", "platforms.crm", "platforms.gone", "platforms.made", "routes.2"));
  EXPECT_THAT(change.needs_restart, IsEmpty());
  EXPECT_EQ(after.log.level, log::Level::kDebug);
}

TEST(Change, NothingDiffersFromItself) {
  const Config config = load_toml(kCrm).config;
  Config same = config;
  const Change change = prepare_change(config, same);
  EXPECT_THAT(change.changed, IsEmpty());
  EXPECT_THAT(change.needs_restart, IsEmpty());
}

TEST(Change, ASecretFileThatHoldsAnotherSecretIsADifference) {
  const std::string toml =
      "[platforms.crm]\nbase_url = \"https://crm.example\"\nsigning = \"x-cs\"\nsecret_file = \"s\"\n";
  const Config before = load_well({.files = {{kFile, toml}, {"s", "old"}}}).config;
  Config after = load_well({.files = {{kFile, toml}, {"s", "new"}}}).config;
  EXPECT_THAT(prepare_change(before, after).changed, ElementsAre("platforms.crm"));
}

TEST(Change, WhatNeedsARestartStaysAsItIs) {
  const Config before = load_toml("").config;
  Config after = load_well({.sets = {"store.url=sqlite:other.db", "data_dir=other", "roles=receive",
                                     "listen.api=127.0.0.1:1", "listen.receive=127.0.0.1:2", "listen.push=127.0.0.1:3",
                                     "outbound.dns_servers=127.0.0.1", "outbound.dns_timeout_ms=100"}})
                     .config;
  const Change change = prepare_change(before, after);
  EXPECT_THAT(change.needs_restart,
              testing::IsSupersetOf({"data_dir", "roles", "store.url", "listen.api", "listen.receive", "listen.push",
                                     "outbound.dns_servers", "outbound.dns_timeout_ms"}));
  EXPECT_EQ(after.store.url, before.store.url);
  EXPECT_EQ(after.data_dir, before.data_dir);
  EXPECT_EQ(after.roles, before.roles);
  EXPECT_EQ(after.listen.api, before.listen.api);
  EXPECT_EQ(after.outbound.dns_servers, before.outbound.dns_servers);
  Config again = after;
  EXPECT_THAT(prepare_change(before, again).needs_restart, IsEmpty());
}

}  // namespace
}  // namespace yizhan::config

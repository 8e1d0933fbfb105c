// A store with something to count, and the thread that counts it.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "api_harness.h"

namespace yizhan::api {

/// Five events of two platforms, one of them delivered and deleted.
class CountedStore : public testing::Test {
 protected:
  CountedStore() {
    auto opened =
        store::open_store({.engine = store::StoreUrl::Engine::kSqlite, .text = (folder_ / "yizhan.db").string()},
                          store::OpenMode::kServe);
    factory_ = std::move(*opened);
    writer_ = std::move(*factory_->open_writer());
    for (const char* platform : {"crm", "erp", "crm", "erp"}) {
      sql("INSERT INTO cs_platform_event_outbox (platform, event_type, payload) VALUES ('" + std::string(platform) +
          "', 'a.b', '{}')");
    }
    sql("INSERT INTO ledger_rollup (minute, platform, delivered, dead_letter, discarded) VALUES (0, 'crm', 1, 0, 0)");
    thread_.emplace(std::move(*factory_->open_reader()));
  }
  void sql(const std::string& text) {
    const auto result = writer_->sql(text);
    if (!result) throw std::runtime_error(result.error().message);
  }

  TemporaryFolder folder_;
  http::asio::io_context io_;
  http::asio::executor_work_guard<http::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<store::StoreFactory> factory_;
  std::unique_ptr<store::Store> writer_;
  std::optional<store::ReadThread> thread_;
};

}  // namespace yizhan::api

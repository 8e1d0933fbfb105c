#include "store/sqlite/callback_blocks.h"

#include "store/inbound_sql.h"

namespace yizhan::store::sqlite {

Result<CallbackBlocks> CallbackBlocks::open(Connection& connection) {
  CallbackBlocks blocks;
  blocks.connection_ = &connection;
  auto prepared = connection.prepare("INSERT OR IGNORE INTO callback_blocks (name, value, block) VALUES (?1, ?2, ?3)");
  if (!prepared) return std::unexpected(prepared.error());
  blocks.insert_ = std::move(*prepared);
  return blocks;
}

Result<void> CallbackBlocks::note(std::int64_t id, std::string_view source, std::string_view event_type) {
  if (const std::int64_t block = id / kCallbackBlock; block != block_) {
    block_ = block;
    sources_.clear();
    event_types_.clear();
  }
  if (auto done = note("source", source, sources_); !done) return done;
  return note("event_type", event_type, event_types_);
}

Result<void> CallbackBlocks::note(std::string_view name, std::string_view value, Values& noted) {
  if (noted.contains(value)) return {};
  insert_.bind(1, name);
  insert_.bind(2, value);
  insert_.bind(3, block_);
  if (const int code = insert_.run(); code != SQLITE_DONE) {
    return std::unexpected(connection_->error(code, "note the block of a callback"));
  }
  noted.emplace(value);
  return {};
}

}  // namespace yizhan::store::sqlite

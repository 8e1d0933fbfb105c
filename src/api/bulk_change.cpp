#include "api/bulk_change.h"

namespace yizhan::api {

BulkChange::BulkChange(http::asio::io_context& io, store::GroupCommit& commits, store::ReadThread& reads,
                       Dispatching& dispatching, store::Selection selection, Change change)
    : io_(io),
      commits_(commits),
      reads_(reads),
      dispatching_(dispatching),
      selection_(std::move(selection)),
      change_(std::move(change)) {
  if (selection_.ids.empty() && !selection_.created_until) selection_.created_until = utc_now();
}

void BulkChange::start(Done done) {
  done_ = std::move(done);
  read_page();
}

void BulkChange::read_page() {
  const bool taken = reads_.run([self = shared_from_this()](store::Store& store) mutable {
    const store::Page page{.limit = kStep, .after = self->after_, .oldest_first = true};
    auto rows = store.list_events(self->selection_, page);
    auto& io = self->io_;
    http::asio::post(
        io, [self = std::move(self), rows = std::move(rows)]() mutable { self->change_page(std::move(rows)); });
  });
  if (!taken) finish(fail("store_busy", "too many look-ups wait"));
}

void BulkChange::change_page(Result<store::Rows<store::EventView>> page) {
  if (!page) return finish(std::unexpected(std::move(page.error())));
  after_ = page->next;
  if (page->rows.empty()) return after_ == 0 ? finish(changed_) : read_page();
  // The other conditions hold still: an event that has left them since it was read is left alone.
  store::Selection selection = selection_;
  selection.ids.clear();
  for (store::EventView& row : page->rows) selection.ids.push_back(std::move(row.event.id));
  commits_.run([self = shared_from_this(), selection = std::move(selection)](store::Store& store) mutable {
    auto changed = self->change_(store, selection, static_cast<int>(selection.ids.size()));
    auto& io = self->io_;
    http::asio::post(io, [self = std::move(self), changed = std::move(changed)]() mutable {
      if (!changed) return self->finish(std::unexpected(std::move(changed.error())));
      self->changed_ += *changed;
      if (*changed > 0) self->dispatching_.store_changed();
      self->after_ == 0 ? self->finish(self->changed_) : self->read_page();
    });
  });
}

void BulkChange::finish(Result<std::int64_t> result) {
  if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace yizhan::api

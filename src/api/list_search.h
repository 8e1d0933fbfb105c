// A page of a list, searched for on the reading thread call by call, so that other look-ups come in between. Mostly the
// first call has it whole. A search that goes on for long is answered with what it has found, and with where it goes
// on.
#pragma once

#include <chrono>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/answer_rows.h"
#include "base/clock.h"
#include "http/asio.h"
#include "http/server.h"
#include "store/group_commit.h"

namespace yizhan::api {

/// From here on a search is answered with what it has: clients wait for half a minute and more.
inline constexpr Seconds kLongestSearch{5};

template <class Row>
using FindRows = Result<store::Rows<Row>> (store::Store::*)(const store::Selection&, const store::Page&);

template <class Row>
class ListSearch : public std::enable_shared_from_this<ListSearch<Row>> {
 public:
  /// `stopping` outlives the answer; once it is set, on the I/O thread, the search goes no further.
  ListSearch(http::asio::io_context& io, store::ReadThread& thread, const bool& stopping, store::Selection selection,
             store::Page page, FindRows<Row> find, Microseconds longest = kLongestSearch)
      : io_(io),
        thread_(thread),
        stopping_(stopping),
        selection_(std::move(selection)),
        page_(page),
        find_(find),
        longest_(longest) {}

  using Answer = std::move_only_function<void(const http::ServerResponse&)>;

  /// Once, on the I/O thread: answers `{"<name>":[…],"next":"…"|null}`, or the error; 503 when too many look-ups wait.
  /// `name` is a literal.
  void start(std::string_view name, std::string_view path, WriteRow<Row> write, Answer answer) {
    name_ = name;
    path_ = path;
    write_ = write;
    answer_ = std::move(answer);
    next();
  }

 private:
  void next() {
    const bool taken = thread_.run([self = this->shared_from_this()](store::Store& store) mutable {
      auto& io = self->io_;
      if (self->search(store)) {
        http::asio::post(io, [self, response = self->found()] { self->answer_(response); });
      } else {
        http::asio::post(io,
                         [self = std::move(self)] { self->stopping_ ? self->answer_(self->found()) : self->next(); });
      }
    });
    if (!taken) answer_(answer_error({"store_busy", "too many look-ups wait"}, path_));
  }

  /// On the reading thread: one call. True when the answer is complete.
  bool search(store::Store& store) {
    auto rows = (store.*find_)(selection_, page_);
    if (!rows) {
      found_ = std::unexpected(std::move(rows.error()));
      return true;
    }
    page_.limit -= static_cast<int>(rows->rows.size());
    page_.after = found_->next = rows->next;
    std::ranges::move(rows->rows, std::back_inserter(found_->rows));
    return found_->next == 0 || page_.limit == 0 || std::chrono::steady_clock::now() - began_ > longest_;
  }

  http::ServerResponse found() const { return answer_rows<Row>(found_, name_, path_, write_); }

  http::asio::io_context& io_;
  store::ReadThread& thread_;
  const bool& stopping_;
  const store::Selection selection_;
  store::Page page_;  ///< what is still to be found
  const FindRows<Row> find_;
  const Microseconds longest_;
  const SteadyTime began_ = std::chrono::steady_clock::now();
  std::string_view name_;
  std::string path_;
  WriteRow<Row> write_ = nullptr;
  Answer answer_;
  Result<store::Rows<Row>> found_{store::Rows<Row>{}};
};

}  // namespace yizhan::api

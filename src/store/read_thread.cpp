#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "store/group_commit.h"

namespace yizhan::store {

struct ReadThread::State {
  explicit State(std::unique_ptr<Store> owned_store) : store(std::move(owned_store)) {}

  const std::unique_ptr<Store> store;  ///< the thread's
  std::mutex mutex;
  std::condition_variable news;
  std::deque<std::move_only_function<void(Store&)>> tasks;  ///< guarded by mutex
  bool stopping = false;                                    ///< guarded by mutex
  std::thread thread;

  void work() {
    for (;;) {
      std::unique_lock lock(mutex);
      news.wait(lock, [&] { return stopping || !tasks.empty(); });
      if (tasks.empty()) return;
      auto task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task(*store);
    }
  }
};

ReadThread::ReadThread(std::unique_ptr<Store> reader) : state_(std::make_shared<State>(std::move(reader))) {
  state_->thread = std::thread([state = state_.get()] { state->work(); });
  pthread_setname_np(state_->thread.native_handle(), "store reader");
}

ReadThread::~ReadThread() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->news.notify_one();
  state_->thread.join();
}

bool ReadThread::run(std::move_only_function<void(Store&)> task) {
  const std::lock_guard lock(state_->mutex);
  if (state_->tasks.size() >= kWaitingLimit) return false;
  state_->tasks.push_back(std::move(task));
  state_->news.notify_one();
  return true;
}

}  // namespace yizhan::store

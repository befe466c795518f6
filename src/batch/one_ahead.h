// Work that is prepared while other work goes on.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace pleat::batch {

// Makes the items 0, 1, ... `count` - 1 of a row on a thread of its own, one ahead of the one that was taken last.
// From the second item on that thread, and those that it starts, have the lowest priority: they leave the
// processor to who works on the items.
template <class Item>
class OneAhead {
 public:
  using Make = std::function<std::unique_ptr<Item>(size_t)>;
  // Whether item i may be made while item i - 1 is worked on; otherwise it is made when it is asked for.
  using Fits = std::function<bool(size_t)>;

  OneAhead(size_t count, Make make, Fits fits);
  // Waits for the item that is being made.
  ~OneAhead();
  OneAhead(const OneAhead&) = delete;
  OneAhead& operator=(const OneAhead&) = delete;

  // The next item; `count` times at most. Rethrows what its making threw.
  std::unique_ptr<Item> take();

 private:
  void make_all();

  size_t count_;
  Make make_;
  Fits fits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t asked_ = 0, made_ = 0, taken_ = 0;  // numbers of items
  bool stop_ = false;
  std::unique_ptr<Item> item_;
  std::exception_ptr error_;
  std::thread thread_;  // last: it uses the others
};

// Gives the calling thread, and those that it will start, the lowest priority.
void yield_to_others();

template <class Item>
OneAhead<Item>::OneAhead(size_t count, Make make, Fits fits)
    : count_(count), make_(std::move(make)), fits_(std::move(fits)), thread_([this] { make_all(); }) {}

template <class Item>
OneAhead<Item>::~OneAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

template <class Item>
std::unique_ptr<Item> OneAhead<Item>::take() {
  std::unique_lock lock(mutex_);
  ++asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return made_ == asked_; });
  std::unique_ptr<Item> item = std::move(item_);
  const std::exception_ptr error = std::exchange(error_, nullptr);
  ++taken_;
  changed_.notify_all();
  if (error) std::rethrow_exception(error);
  return item;
}

template <class Item>
void OneAhead<Item>::make_all() {
  for (size_t i = 0; i < count_; ++i) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || taken_ == i; });
      if (!stop_ && i > 0 && !fits_(i)) changed_.wait(lock, [&] { return stop_ || asked_ > i; });
      if (stop_) return;
    }
    std::unique_ptr<Item> item;
    std::exception_ptr error;
    try {
      item = make_(i);
    } catch (...) {
      error = std::current_exception();
    }
    if (i == 0) yield_to_others();
    const std::lock_guard lock(mutex_);
    item_ = std::move(item);
    error_ = error;
    ++made_;
    changed_.notify_all();
  }
}

}  // namespace pleat::batch

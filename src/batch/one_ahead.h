// Work that is prepared while other work goes on.
#pragma once

#include <chrono>
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

  // The next item; `count` times at most. Rethrows what its making threw. Looks some times a second whether `give_up` says
  // so, and then returns nullptr; nothing can be taken after that.
  std::unique_ptr<Item> take(const std::function<bool()>& give_up = [] { return false; });
  // Lets no further item be made, and waits for the one that is. Returns whether that has ended in time.
  bool rests_within(std::chrono::milliseconds time);

 private:
  void make_all();

  size_t count_;
  Make make_;
  Fits fits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t asked_ = 0, made_ = 0, taken_ = 0;  // numbers of items
  bool stop_ = false, rests_ = false;
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
std::unique_ptr<Item> OneAhead<Item>::take(const std::function<bool()>& give_up) {
  constexpr std::chrono::milliseconds kLook{100};
  std::unique_lock lock(mutex_);
  ++asked_;
  changed_.notify_all();
  while (!changed_.wait_for(lock, kLook, [&] { return made_ == asked_; }))
    if (give_up()) return nullptr;
  std::unique_ptr<Item> item = std::move(item_);
  const std::exception_ptr error = std::exchange(error_, nullptr);
  ++taken_;
  changed_.notify_all();
  if (error) std::rethrow_exception(error);
  return item;
}

template <class Item>
bool OneAhead<Item>::rests_within(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  stop_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, time, [&] { return rests_; });
}

template <class Item>
void OneAhead<Item>::make_all() {
  for (size_t i = 0; i < count_; ++i) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || taken_ == i; });
      if (!stop_ && i > 0 && !fits_(i)) changed_.wait(lock, [&] { return stop_ || asked_ > i; });
      if (stop_) break;
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
  const std::lock_guard lock(mutex_);
  rests_ = true;
  changed_.notify_all();
}

}  // namespace pleat::batch

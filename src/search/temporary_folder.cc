// Another process may take a folder for abandoned between its creation and its locking. The remover holds the
// lock, so the creator then finds the locked file gone, and makes another folder.
#include "search/temporary_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace pleat::search {
namespace {

constexpr std::string_view kPrefix = "pleat_tmp_", kRandom = "XXXXXX";
constexpr const char* kLock = ".lock";

fs::path parent_folder() {
  const char* set = std::getenv("TMPDIR");
  return set && *set ? set : "/tmp";
}

[[noreturn]] void throw_not_made(const fs::path& parent) {
  throw Error(parent.string(),
              std::string("pleat cannot make a temporary folder there: ") + std::strerror(errno),
              "Set TMPDIR to a writable folder.");
}

bool is_linked(int descriptor) {
  struct stat info {};
  return fstat(descriptor, &info) == 0 && info.st_nlink > 0;
}

// Removes the locked file last: until then other processes recognise the rest as abandoned.
void remove_folder(const fs::path& folder) {
  std::error_code ignored;  // no one to report it to
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != kLock) fs::remove_all(entry.path(), ignored);
  }
  fs::remove(folder / kLock, ignored);
  fs::remove(folder, ignored);
}

void remove_if_abandoned(const fs::path& folder) {
  const int lock = open((folder / kLock).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0) {
    rmdir(folder.c_str());  // succeeds if the creator was killed before it made the file
    return;
  }
  if (flock(lock, LOCK_EX | LOCK_NB) == 0 && is_linked(lock)) remove_folder(folder);
  close(lock);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  while (!make()) {
  }
}

// Returns false when another process took the folder for abandoned.
bool TemporaryFolder::make() {
  const fs::path parent = parent_folder();
  std::string name = (parent / kPrefix).string().append(kRandom);
  if (!mkdtemp(name.data())) throw_not_made(parent);
  path_ = name;
  lock_ = open((path_ / kLock).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (lock_ < 0 && errno == ENOENT) return false;
  if (lock_ < 0) {
    const int reason = errno;
    rmdir(name.c_str());
    errno = reason;
    throw_not_made(parent);
  }
  flock(lock_, LOCK_EX);  // fails on a file system without locks, but so does the remover's
  if (is_linked(lock_)) return true;
  close(lock_);
  return false;
}

TemporaryFolder::~TemporaryFolder() {
  remove_folder(path_);
  close(lock_);
}

void remove_abandoned_folders() {
  std::error_code error;
  for (auto entry = fs::directory_iterator(parent_folder(), error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kPrefix) && name.size() == kPrefix.size() + kRandom.size())
      remove_if_abandoned(entry->path());
  }
}

}  // namespace pleat::search

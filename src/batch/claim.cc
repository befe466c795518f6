#include "batch/claim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace pleat::batch {
namespace {

fs::path lock_file(const fs::path& output_dir, const std::string& name) {
  return output_dir / ".pleat" / (name + ".lock");
}

// A lock that belongs to the open file, so that it keeps other threads out, too; network file systems have it.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Whether the path still names the open file: its owner removes it.
bool is_current(int descriptor, const fs::path& file) {
  struct stat open {
  }, named{};
  return fstat(descriptor, &open) == 0 && lstat(file.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

std::unique_ptr<Claim> Claim::take(const fs::path& output_dir, const std::string& name) {
  const fs::path file = lock_file(output_dir, name);
  while (true) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0 && errno == ENOENT && !error) continue;  // the folder went with another's last lock
    if (descriptor < 0)
      throw Error(file.string(), std::string("the lock can't be made: ") + std::strerror(errno));
    struct flock lock = whole_file();
    if (fcntl(descriptor, F_OFD_SETLK, &lock) != 0) {
      const int reason = errno;
      close(descriptor);
      if (reason == EAGAIN || reason == EACCES) return nullptr;
      throw Error(file.string(), std::string("the lock can't be taken: ") + std::strerror(reason),
                  "The output folder must be on a file system with locks.");
    }
    if (is_current(descriptor, file)) return std::unique_ptr<Claim>(new Claim(file, descriptor));
    close(descriptor);
  }
}

Claim::~Claim() {
  unlink(file_.c_str());
  close(descriptor_);
  rmdir(file_.parent_path().c_str());  // where it was the last one
}

void Claim::remove_leftover(const fs::path& output_dir, const std::string& name) {
  if (fs::exists(lock_file(output_dir, name))) take(output_dir, name);  // and its end removes it
}

bool Claim::is_taken(const fs::path& output_dir, const std::string& name) {
  const int descriptor = open(lock_file(output_dir, name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return false;
  struct flock lock = whole_file();
  const bool asked = fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  close(descriptor);
  return asked && lock.l_type != F_UNLCK;
}

}  // namespace pleat::batch

// Runs a fuzz target without libFuzzer: fuzz_NAME ROUNDS FILE_OR_FOLDER... Each round makes one input from
// the corpus (edits, splices, pieces of the format, deep nesting, huge numbers) or from nothing (random
// bytes), the same ones every time. An input that takes longer than a few seconds, or breaks anything, ends
// the program and stays in the file failed_input.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "fuzz/target.h"

namespace {

constexpr unsigned kLongestSeconds = 20;  // also under sanitizers on a busy machine

std::string current;

// Keeps the input at hand. Only async-signal-safe calls: any fault may have led here.
void keep_input(int signal) {
  const int file = ::creat("failed_input", 0644);
  if (file < 0 || ::write(file, current.data(), current.size()) < 0) ::_exit(2);
  const char message[] = "fuzz: the input in failed_input hangs or crashes\n";
  if (::write(2, message, sizeof message - 1) < 0) ::_exit(2);
  ::signal(signal, SIG_DFL);
  ::raise(signal == SIGALRM ? SIGKILL : signal);
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {}

  std::string next() {
    if (below(20) == 0) return random_bytes(below(300));
    std::string text = corpus_[below(corpus_.size())];
    for (size_t edits = 1 + below(6); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  std::string random_bytes(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(below(256));
    return bytes;
  }

  std::string piece() {
    static const std::vector<std::string> kPieces = {"null",
                                                     "true",
                                                     "[]",
                                                     "{}",
                                                     "-1",
                                                     "1e308",
                                                     "1e999",
                                                     "-9223372036854775809",
                                                     "18446744073709551616",
                                                     "0.1",
                                                     "\"\"",
                                                     "\\u0000",
                                                     "\xff",
                                                     "\xc3\xa9",
                                                     "NaN",
                                                     "?",
                                                     ".",
                                                     ";\n",
                                                     "\n",
                                                     "\r\n",
                                                     "#",
                                                     "'",
                                                     "\"",
                                                     "_",
                                                     "data_",
                                                     "loop_",
                                                     ">",
                                                     "-",
                                                     "*",
                                                     "(",
                                                     ")",
                                                     "[C@@H]",
                                                     "%99",
                                                     "c1",
                                                     "=",
                                                     "[Xx]",
                                                     "[999C]",
                                                     "9999999999",
                                                     ","};
    return kPieces[below(kPieces.size())];
  }

  std::string nesting() {
    static const std::vector<std::string> kOpenings = {"[", "{\"a\":", "(", "C(", "[C", ">", "C1", "'"};
    const std::string& opening = kOpenings[below(kOpenings.size())];
    std::string text;
    for (size_t depth = size_t{1} << below(14); depth > 0; --depth) text += opening;
    return text;
  }

  void edit(std::string& text) {
    const size_t at = below(text.size() + 1);
    const size_t length = std::min(1 + below(30), text.size() - at);
    switch (below(8)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.replace(at, length, piece());
        break;
      case 4:
        text.insert(at, piece());
        break;
      case 5: {  // a stretch of another input
        const std::string& other = corpus_[below(corpus_.size())];
        const size_t from = below(other.size() + 1);
        text.replace(at, length, other, from, below(60));
        break;
      }
      case 6:  // another digit
        for (size_t i = at; i < text.size(); ++i) {
          if (text[i] < '0' || text[i] > '9') continue;
          text[i] = static_cast<char>('0' + below(10));
          break;
        }
        break;
      default:
        if (below(8) == 0) {
          text.insert(at, nesting());
        } else if (below(8) == 0) {
          text.resize(at);
        }
    }
  }

  std::vector<std::string> corpus_;
  std::mt19937 random_{1};
};

std::vector<std::string> read_corpus(int count, char** paths) {
  std::vector<std::string> corpus;
  for (int i = 0; i < count; ++i) {
    if (pleat::fs::is_directory(paths[i])) {
      std::vector<pleat::fs::path> files;
      for (const auto& entry : pleat::fs::directory_iterator(paths[i])) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (const auto& file : files) corpus.push_back(pleat::read_file(file));
    } else {
      corpus.push_back(pleat::read_file(paths[i]));
    }
  }
  return corpus;
}

void run(const std::string& input) {
  current = input;
  ::alarm(kLongestSeconds);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 2 ? std::atol(argv[1]) : 0;
  if (rounds < 1) {
    std::fprintf(stderr, "usage: %s ROUNDS FILE_OR_FOLDER...\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGALRM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) ::signal(signal, keep_input);
  const std::vector<std::string> corpus = read_corpus(argc - 2, argv + 2);
  for (const std::string& input : corpus) {
    const long before = accepted_inputs;
    run(input);
    if (accepted_inputs == before) {
      std::fprintf(stderr, "fuzz: an input of the corpus is refused:\n%s\n", input.c_str());
      return 1;
    }
  }
  Mutator mutator(corpus);
  for (long round = 0; round < rounds; ++round) run(mutator.next());
  ::alarm(0);
  std::printf("%ld inputs, %ld accepted, none crashed or hung\n", rounds, accepted_inputs);
  return 0;
}

// Kept results of searches: found again, and not believed when damaged.
#include "search/search_cache.h"

#include <gmock/gmock.h>

#include <thread>

#include "base/log.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SearchCacheTest : public ::testing::Test {
 protected:
  SearchCacheTest() {
    set_log_sink([this](LogLevel level, const std::string& message) {
      if (level == LogLevel::warning) warnings_.push_back(message);
    });
  }
  ~SearchCacheTest() override { set_log_sink(nullptr); }

  fs::path only_file() const {
    const fs::directory_iterator files(folder_.path());
    return files->path();
  }

  test::TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

const std::string kResult(100000, 'x');

TEST_F(SearchCacheTest, AResultIsFoundByItsKeyAlsoInLaterRuns) {
  SearchCache cache(folder_.path());
  EXPECT_EQ(cache.find("key"), std::nullopt);
  cache.keep("key", kResult);
  cache.keep("empty", "");
  EXPECT_EQ(cache.find("key"), kResult);
  EXPECT_EQ(SearchCache(folder_.path()).find("key"), kResult);
  EXPECT_EQ(SearchCache(folder_.path()).find("empty"), "");
  EXPECT_EQ(SearchCache(folder_.path()).find("other"), std::nullopt);
}

TEST_F(SearchCacheTest, WithoutAFolderResultsLiveAsLongAsTheObject) {
  SearchCache cache(std::nullopt);
  cache.keep("key", kResult);
  EXPECT_EQ(cache.find("key"), kResult);
  EXPECT_EQ(SearchCache(std::nullopt).find("key"), std::nullopt);
}

TEST_F(SearchCacheTest, AnEntryCutAtAnyPlaceIsNotUsed) {
  SearchCache(folder_.path()).keep("key", "a result");
  const fs::path file = only_file();
  const std::string whole = read_file(file);
  for (size_t size = 0; size < whole.size(); ++size) {
    write_file(file, whole.substr(0, size));
    EXPECT_EQ(SearchCache(folder_.path()).find("key"), std::nullopt) << size;
  }
  EXPECT_EQ(warnings_.size(), whole.size());
  EXPECT_THAT(warnings_.front(), HasSubstr(file.string() + " is damaged"));
}

TEST_F(SearchCacheTest, DamageIsToldOnce) {
  SearchCache cache(folder_.path());
  cache.keep("key", "a result");
  write_file(only_file(), "damaged");
  EXPECT_EQ(cache.find("key"), std::nullopt);
  EXPECT_EQ(cache.find("key"), std::nullopt);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(".search is damaged; pleat repeats the search.")));
}

TEST_F(SearchCacheTest, AnEntryWithAnyByteChangedIsNotUsed) {
  SearchCache cache(folder_.path());
  cache.keep("key", "a result");
  const fs::path file = only_file();
  const std::string whole = read_file(file);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    write_file(file, changed);
    EXPECT_EQ(cache.find("key"), std::nullopt) << i;
  }
  cache.keep("key", "a result");
  EXPECT_EQ(cache.find("key"), "a result");
}

TEST_F(SearchCacheTest, AnEntryOfAnotherKeyIsNotUsed) {
  SearchCache cache(folder_.path());
  cache.keep("key", "a result");
  const std::string entry = read_file(only_file());
  fs::remove(only_file());
  cache.keep("other", "another result");
  write_file(only_file(), entry);
  EXPECT_EQ(cache.find("other"), std::nullopt);
}

TEST_F(SearchCacheTest, AFolderThatCannotBeWrittenIsSaidOnceAndDoneWithout) {
  write_file(folder_ / "file", "");
  SearchCache cache(folder_ / "file" / "cache");
  cache.keep("key", "a result");
  cache.keep("other", "another result");
  EXPECT_EQ(cache.find("key"), "a result");
  EXPECT_EQ(cache.find("other"), "another result");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("keeps search results for this run only")));
}

TEST_F(SearchCacheTest, OldPartsOfKilledRunsAreRemoved) {
  using namespace std::chrono_literals;
  write_file(folder_ / "old.search.part12", "");
  write_file(folder_ / "new.search.part13", "");
  fs::last_write_time(folder_ / "old.search.part12", fs::file_time_type::clock::now() - 48h);
  SearchCache cache(folder_.path());
  EXPECT_FALSE(fs::exists(folder_ / "old.search.part12"));
  EXPECT_TRUE(fs::exists(folder_ / "new.search.part13"));
}

TEST_F(SearchCacheTest, ManyThreadsAndObjectsShareAFolder) {
  SearchCache first(folder_.path());
  SearchCache second(folder_.path());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      SearchCache& mine = t % 2 == 0 ? first : second;
      for (int i = 0; i < 50; ++i) {
        const std::string key = "key" + std::to_string(t * 50 + i);
        mine.keep(key, key + kResult);
        wrong += mine.find(key) != key + kResult;
        const auto early = mine.find("key" + std::to_string(i));
        wrong += early && *early != "key" + std::to_string(i) + kResult;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(SearchCacheTest, KeysTellApartWhatResultsDependOn) {
  write_file(folder_ / "db", ">a\nMK\n");
  const MsaSearch search{MsaSearch::Kind::protein, "MKV", folder_ / "db", {}, 100, false, 2};
  const auto key = [&](auto change, const std::string& engine = "HMMER") {
    MsaSearch changed = search;
    change(changed);
    return search_key(changed, engine);
  };
  const std::string same = key([](MsaSearch&) {});
  EXPECT_EQ(same, key([](MsaSearch& s) { s.threads = 8; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.threads = 0; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.query = "MKL"; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.z_value = 10; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.max_sequences = 10; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.shard = true; }));
  EXPECT_NE(same, key([](MsaSearch& s) { s.kind = MsaSearch::Kind::rna; }));
  EXPECT_NE(same, key([](MsaSearch&) {}, "HMMER 4"));
  fs::create_symlink(folder_ / "db", folder_ / "link");
  EXPECT_EQ(same, key([&](MsaSearch& s) { s.file = folder_ / "link"; }));
  using namespace std::chrono_literals;
  fs::last_write_time(folder_ / "db", fs::last_write_time(folder_ / "db") + 1s);
  EXPECT_NE(same, key([](MsaSearch&) {}));
  EXPECT_NE(search_key(TemplateSearch{"MKV", ">q\nMKV\n", folder_ / "db", 1}, "HMMER"),
            search_key(TemplateSearch{"MKV", ">q\nMKL\n", folder_ / "db", 1}, "HMMER"));
  EXPECT_NE(error_of([&] { key([&](MsaSearch& s) { s.file = folder_ / "absent"; }); }), "");
}

}  // namespace
}  // namespace pleat::search

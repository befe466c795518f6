#include <map>

#include "base/error.h"
#include "profile/fasta_source.h"
#include "profile/packed_file.h"
#include "tests/compression.h"
#include "tests/profile/support.h"
#include "tests/temporary_folder.h"

namespace pleat::profile {
namespace {

struct Record {
  std::string header;
  Codes codes;
  bool operator==(const Record&) const = default;
};

std::vector<Record> records_of(TargetSource& source) {
  std::map<size_t, std::vector<Record>> blocks;
  TargetBlock block;
  while (source.next(block)) {
    size_t residues = 0;
    for (size_t at = 0; at < block.targets.size(); ++at) {
      residues += block.targets[at].size();
      blocks[block.ordinal].push_back(
          {std::string(source.header(block, at)), Codes(block.targets[at].begin(), block.targets[at].end())});
    }
    EXPECT_EQ(block.residues, residues);
  }
  std::vector<Record> records;
  for (const auto& [ordinal, part] : blocks) records.insert(records.end(), part.begin(), part.end());
  return records;
}

class Databases : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) const {
    write_file(folder_ / name, text);
    return folder_ / name;
  }
  std::string packed(const std::string& fasta, const std::string& name = "db.pleatdb") const {
    pack_fasta(write("db.fasta", fasta), folder_ / name, [](double) {});
    return read_file(folder_ / name);
  }
  template <class Action>
  std::string error_of(Action action) const {
    try {
      action();
    } catch (const Error& error) {
      std::string text = error.what();
      const std::string folder = folder_.path().string() + "/";
      for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
        text.erase(at, folder.size());
      return text;
    }
    return "";
  }
  std::string error_of_fasta(const std::string& text) const {
    const fs::path file = write("bad.fasta", text);
    const std::string read = error_of([&] {
      FastaSource source(file);
      records_of(source);
    });
    EXPECT_EQ(error_of([&] { pack_fasta(file, folder_ / "bad.pleatdb", [](double) {}); }), read);
    EXPECT_FALSE(fs::exists(folder_ / "bad.pleatdb"));
    return read;
  }

  const pleat::test::TemporaryFolder folder_;
};

// Records of all sizes about the pieces in which threads read, and their text.
std::pair<std::vector<Record>, std::string> many_records() {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> kind(0, 99), line(1, 120), size(0, 800);
  std::vector<Record> records;
  std::string text;
  while (text.size() < 3'000'000) {
    const int length = kind(random) == 0 ? 100'000 - size(random) : kind(random) == 1 ? 0 : size(random);
    Record record{"name" + std::to_string(records.size() % 1000) + "/1-9  some > description", {}};
    text += ">" + record.header + "\n";
    const int width = line(random);
    for (const uint8_t code : test::random_codes(random, length)) {
      if (code == kGapCode || code == kMissingCode) continue;
      const bool lower = kind(random) < 5;
      text += lower ? static_cast<char>(std::tolower(kLetters[code])) : kLetters[code];
      record.codes.push_back(code);
      if (static_cast<int>(record.codes.size()) % width == 0) text += kind(random) < 3 ? " \r\n" : "\n";
    }
    if (text.back() != '\n') text += "\n";
    records.push_back(std::move(record));
  }
  return {records, text};
}

TEST_F(Databases, FastaAndItsPackedFormGiveTheRecords) {
  const auto [records, text] = many_records();
  const std::string first = packed(text);
  FastaSource fasta(folder_ / "db.fasta");
  EXPECT_TRUE(records_of(fasta) == records);
  PackedSource source(folder_ / "db.pleatdb");
  EXPECT_TRUE(records_of(source) == records);
  EXPECT_EQ(source.counts().sequences, records.size());
  EXPECT_EQ(source.bytes(), first.size());
  for (const std::string& compressed : {pleat::test::gzip(text), pleat::test::xz(text), zstd_compress(text)})
    EXPECT_TRUE(packed(compressed) == first);
}

TEST_F(Databases, ReadWhatHmmerReads) {
  const fs::path file = write("odd.fasta", "\n  \n>a  first\x01rest\r\nAC\tD e\r\n\n>b\n>\nM*_.u\nO");
  FastaSource source(file);
  const auto records = records_of(source);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].codes, (Codes{0, 1, 2, 3}));
  EXPECT_EQ(split_header(records[0].header).name, "a");
  EXPECT_EQ(split_header(records[0].header).description, "first");
  EXPECT_TRUE(records[1].codes.empty());
  EXPECT_EQ(records[2].codes, (Codes{10, kStopCode, kGapCode, kGapCode, 25, 24}));
  EXPECT_EQ(split_header(records[2].header).name, "");
}

TEST_F(Databases, RefuseWhatHmmerRefuses) {
  EXPECT_EQ(error_of_fasta("ACD\n>a\nACD\n"),
            "bad.fasta, line 1: a sequence has no header line. Start each sequence with a line '>NAME "
            "DESCRIPTION'.");
  EXPECT_EQ(error_of_fasta(">a\nACD\n>b x\nAC\nD-F\n"),
            "bad.fasta, line 5, sequence b: the byte 0x2d is not a protein letter. Remove the byte or the "
            "sequence.");
  const std::string many = [] {
    std::string text;
    for (int i = 0; i < 30000; ++i) text += ">name\nACDEFGHIKLMNPQRSTVWY\n";
    return text;
  }();
  EXPECT_EQ(
      error_of_fasta(many + ">last\nAC1\n"),
      "bad.fasta, line 60002, sequence last: the byte 0x31 is not a protein letter. Remove the byte or the "
      "sequence.");
  EXPECT_EQ(error_of_fasta(many + ">last\n" + std::string(100'001, 'A') + "\n" + many),
            "bad.fasta, line 60001, sequence last: the sequence is longer than 100,000 residues. Remove or "
            "split the sequence.");
}

TEST_F(Databases, PackNothingButProteins) {
  const fs::path empty = write("empty.fasta", "\n");
  EXPECT_EQ(error_of([&] { pack_fasta(empty, folder_ / "e.pleatdb", [](double) {}); }),
            "empty.fasta: the file holds no sequence. Give a FASTA file of proteins.");
  const std::string whole = pleat::test::gzip(many_records().second);
  const fs::path cut = write("cut.fasta.gz", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(error_of([&] { pack_fasta(cut, folder_ / "e.pleatdb", [](double) {}); }),
            "cut.fasta.gz: the compressed file is damaged or truncated. Download it again.");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 2);
}

TEST_F(Databases, RefusePackedFilesThatAreDamaged) {
  const std::string whole = packed(many_records().second);
  const std::vector<Record> records = [&] {
    PackedSource source(folder_ / "db.pleatdb");
    return records_of(source);
  }();
  const auto problem = [&](const std::string& bytes) {
    const fs::path file = write("bad.pleatdb", bytes);
    return error_of([&] {
      PackedSource source(file);
      EXPECT_TRUE(records_of(source) == records);
    });
  };
  const std::string fix = ". Pack the database again with pleat db pack.";
  EXPECT_EQ(problem(""), "bad.pleatdb: the file is not a packed database" + fix);
  EXPECT_EQ(problem(">a\nACD\n" + std::string(300, 'A')),
            "bad.pleatdb: the file is not a packed database" + fix);
  EXPECT_EQ(problem(whole.substr(0, 5000)), "bad.pleatdb: the file has 5000 bytes instead of " +
                                                std::to_string(whole.size()) + ": it is truncated" + fix);
  std::mt19937 random(2);
  std::uniform_int_distribution<size_t> place(0, whole.size() - 1);
  int refused = 0;
  for (int round = 0; round < 120; ++round) {
    std::string bytes = whole;
    const size_t at = round < 60 ? static_cast<size_t>(round) * 4 : place(random);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (round % 8)));
    refused += !problem(bytes).empty();  // else it was between two blocks, and the records are the same
  }
  EXPECT_GT(refused, 112);
}

}  // namespace
}  // namespace pleat::profile

// ImageFolder against Python: torchvision_numbering.py numbers the same trees with os.walk.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "slabring/dataset.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using Numbering = std::vector<std::pair<std::string, std::string>>;  // label, path relative to the root

Numbering by_python(const fs::path& root) {
  const std::string command = fmt::format("{} '{}'", NUMBERING_COMMAND, root.native());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::vector<std::string> fields(1);
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c == 0) {
      fields.emplace_back();
    } else {
      fields.back() += static_cast<char>(c);
    }
  }
  Numbering numbering;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) numbering.emplace_back(fields[i], fields[i + 1]);
  return numbering;
}

Numbering by_image_folder(const fs::path& root) {
  const ImageFolder folder(root);
  Numbering numbering;
  for (std::uint64_t i = 0; i < folder.size(); ++i) {
    const SampleId id{i};
    numbering.emplace_back(std::to_string(folder.label(id)), folder.describe(id).substr(root.native().size() + 1));
  }
  return numbering;
}

/// Grows trees with every oddity of names and kinds that the walk could stumble over.
class OddTree {
 public:
  explicit OddTree(std::uint64_t seed) : random_(seed) {
    outside_.write("real.jpg");
    outside_.write("folder/inner.png");
    outside_.write("folder/deeper/most.jpg");
    for (std::uint64_t left = 6 + below(8); left > 0; --left) {
      const fs::path folder = name();
      tree_.write(folder / (name() + ".jpg"));  // a class may not be empty
      grow(folder, 0);
    }
    tree_.write("loose.jpg");
  }

  const fs::path& root() const { return tree_.path(); }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  std::string name() {
    static const std::vector<std::string> parts = {"a",
                                                   "b",
                                                   "A",
                                                   "Z",
                                                   "0",
                                                   "10",
                                                   "9",
                                                   "-",
                                                   " ",
                                                   "_",
                                                   "~",
                                                   "!",
                                                   "'",
                                                   "\"",
                                                   "$x",
                                                   "é",
                                                   "e\u0301",
                                                   "日本",
                                                   "ﾊ",
                                                   "\xff",
                                                   "caf\xe9",
                                                   "\xf0\x9f\x98\x80",
                                                   "\xed\xa0\x80",
                                                   "..",
                                                   ".jpg",
                                                   ".",
                                                   "\n",
                                                   "\\",
                                                   "*",
                                                   "\x80",
                                                   "\xc3",
                                                   "long-name",
                                                   "\uffff",
                                                   "#"};
    std::string result;
    do {
      result += parts[below(parts.size())];
    } while (below(3) != 0 || result == "." || result == "..");
    return result;
  }

  std::string file_name() {
    static const std::vector<std::string> endings = {".jpg",  ".JPG", ".JpEg", ".png",  ".webp",
                                                     ".TIFF", ".tif", ".ppm",  ".pgm",  ".bmp",
                                                     ".txt",  "",     ".gif",  ".jpg~", ".jpg.part"};
    return (below(10) == 0 ? "" : name()) + endings[below(endings.size())];
  }

  void grow(const fs::path& folder, int depth) {
    for (std::uint64_t left = below(25); left > 0; --left) add_entry(folder, depth);
  }

  void add_entry(const fs::path& folder, int depth) {
    const fs::path entry = folder / file_name();
    const fs::path full = root() / entry;
    if (!entry.has_filename() || fs::symlink_status(full).type() != fs::file_type::not_found) return;
    switch (below(8)) {
      case 0:
        fs::create_directory(full);
        if (depth < 3) grow(entry, depth + 1);
        break;
      case 1: fs::create_symlink(outside_.path() / "real.jpg", full); break;
      case 2: fs::create_directory_symlink(outside_.path() / "folder", full); break;
      case 3: fs::create_symlink("/nowhere/at/all", full); break;
      default: tree_.write(entry); break;
    }
  }

  std::mt19937_64 random_;
  test::TemporaryFolder tree_;
  test::TemporaryFolder outside_;
};

TEST(Numbering, EqualsPythonsOnOddTrees) {
  std::size_t samples = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const OddTree tree(seed);
    const Numbering expected = by_python(tree.root());
    ASSERT_FALSE(expected.empty()) << "Python found nothing: " << NUMBERING_COMMAND;
    ASSERT_EQ(by_image_folder(tree.root()), expected) << "seed " << seed;
    samples += expected.size();
  }
  EXPECT_GT(samples, 500U) << "the trees are too small to mean anything";
}

}  // namespace
}  // namespace slabring

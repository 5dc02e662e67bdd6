// The index of a JPEG's tiles in a pack: written, read back, and refused when it is not what was written.
#include "dataset/tile_index.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fstream>
#include <random>
#include <tuple>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/pack.hpp"
#include "dataset/pack_writer.hpp"
#include "dataset/tiled_source.hpp"
#include "decode/decoder.hpp"
#include "decode/jpeg_tiler.hpp"
#include "slabring/cache.hpp"
#include "slabring/loader.hpp"
#include "slabring/map.hpp"
#include "slabring/mixture.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::crop;
using test::decode_all;
using test::encode_jpeg;
using test::RgbImage;

struct Tiled {
  Bytes file;
  JpegTiles tiles;

  std::uint64_t checksum() const { return fingerprint_of(file); }
  Bytes index() const { return write_tile_index(tiles, file, checksum()); }
  auto read(const Bytes& index) const {
    return read_tile_index(index, static_cast<std::uint32_t>(file.size()), checksum());
  }
};

Tiled tile(const Bytes& original) {
  JpegTiler tiler;
  const auto tiled = tiler.tile(original);
  EXPECT_TRUE(tiled);
  return {{tiled->file.begin(), tiled->file.end()}, tiled->tiles};
}

TEST(TileIndexTest, WhatIsWrittenIsReadBack) {
  const Tiled one = tile(encode_jpeg(500, 375));
  const auto read = one.read(one.index());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tiles.interval, one.tiles.interval);
  EXPECT_EQ(read->tiles.begins, one.tiles.begins);
  EXPECT_EQ(read->piece_checksums.size(), (one.file.size() + 4095) / 4096);
  EXPECT_LE(one.index().size(), most_tile_index_bytes(one.file.size()));
}

TEST(TileIndexTest, SegmentsOfAnyLengthAreReadBack) {
  JpegTiles tiles{4, {100}};
  for (const std::uint32_t length : {2U, 127U, 128U, 16383U, 16384U, 2097151U, 2097152U}) {
    tiles.begins.push_back(tiles.begins.back() + length);
  }
  const Bytes file(tiles.begins.back());
  const auto index = write_tile_index(tiles, file, 7);
  const auto read = read_tile_index(index, tiles.begins.back(), 7);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tiles.begins, tiles.begins);
}

TEST(TileIndexTest, AnyBitThatChangedIsNoticed) {
  const Tiled one = tile(encode_jpeg(61, 47));
  const Bytes sound = one.index();
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes index = sound;
      index[at] ^= static_cast<std::byte>(1U << bit);
      ASSERT_FALSE(one.read(index)) << at;
    }
  }
  for (std::size_t size = 0; size < sound.size(); ++size) {
    ASSERT_FALSE(one.read(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

TEST(TileIndexTest, IndexOfAnotherFileIsNotTaken) {
  const Tiled one = tile(encode_jpeg(61, 47));
  const Tiled other = tile(encode_jpeg(61, 47, {.seed = 2}));
  EXPECT_FALSE(one.read(other.index()));
  EXPECT_FALSE(read_tile_index(one.index(), static_cast<std::uint32_t>(one.file.size() + 1), one.checksum()));
}

class TiledPack : public testing::Test {
 protected:
  TiledPack() {
    for (int i = 0; i < 4; ++i) {
      // Of several pieces, and small enough to be read whole.
      originals_.push_back(i == 3 ? encode_jpeg(90, 70)
                                  : encode_jpeg(800, 600, {.seed = static_cast<unsigned>(i) + 1}));
    }
    PackWriter writer(path_, "identity");
    writer.add(0, test::bytes_of("no JPEG"), 0, "text");
    for (std::size_t i = 0; i < originals_.size(); ++i) {
      const auto tiled = tiler_.tile(originals_[i]);
      EXPECT_TRUE(tiled);
      writer.add_tiled(i + 1, tiled->file, tiled->tiles, 7, "photo");
    }
    writer.finish(R"({"classes": []})");
  }

  /// Where sample `id` begins in the pack, and its index.
  std::uint64_t begin_of(std::uint64_t id) const { return Pack(path_).index().entry(id)->offset; }
  std::uint64_t index_of(std::uint64_t id) const {
    const Pack pack(path_);
    return begin_of(id) - pack.index().bytes_before(id, *pack.index().entry(id));
  }
  void flip_byte(std::uint64_t at) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }
  RgbImage decode(const Pack& pack, std::uint64_t id, const Rect& region) {
    sample_.reset();
    tiled_ = pack.load_tiled(SampleId{id}, sample_);
    if (tiled_) {
      decoder_.open(*tiled_);
    } else {
      pack.load(SampleId{id}, sample_);
      decoder_.open(sample_.encoded());
    }
    return test::copy(decoder_.decode(region));
  }

  test::TemporaryFolder folder_;
  const std::string path_ = (folder_.path() / "a.slabpack").native();
  JpegTiler tiler_;
  Decoder decoder_;
  Sample sample_;
  std::unique_ptr<TiledJpeg> tiled_;
  std::vector<Bytes> originals_;
};

constexpr Rect middle{300, 200, 50, 40};

TEST_F(TiledPack, RegionsHaveThePixelsOfTheOriginals) {
  const Pack pack(path_);
  EXPECT_TRUE(pack.index().is_sound());
  std::mt19937 random(1);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  for (std::uint64_t id = 1; id <= originals_.size(); ++id) {
    const RgbImage expected = decode_all(originals_[id - 1]);
    for (int i = 0; i < 20; ++i) {
      Rect region{0, 0, 1 + below(expected.width), 1 + below(expected.height)};
      region.x = below(expected.width - region.width + 1);
      region.y = below(expected.height - region.height + 1);
      ASSERT_EQ(decode(pack, id, region), crop(expected, region)) << id;
      ASSERT_TRUE(tiled_);
    }
  }
  EXPECT_EQ(decoder_.decoded_fallback(), 0U);
}

TEST_F(TiledPack, WhoeverDoesNotAskForTilesGetsTheWholeJpeg) {
  const Pack pack(path_);
  pack.load(SampleId{2}, sample_);
  EXPECT_EQ(sample_.label(), 7);
  const Bytes bytes(sample_.encoded().begin(), sample_.encoded().end());
  EXPECT_EQ(decode_all(bytes), decode_all(originals_[1]));
  sample_.reset();
  pack.load(SampleId{0}, sample_);
  EXPECT_EQ(sample_.encoded().size(), 7U);
  EXPECT_FALSE(pack.load_tiled(SampleId{0}, sample_));
}

TEST_F(TiledPack, DamagedIndexMeansThatTheSampleIsReadWhole) {
  flip_byte(index_of(2) + 100);
  const Pack pack(path_);
  EXPECT_EQ(decode(pack, 2, middle), crop(decode_all(originals_[1]), middle));
  EXPECT_FALSE(tiled_);
}

TEST_F(TiledPack, DamageInWhatIsReadIsAFaultAndNeverOtherPixels) {
  const std::uint64_t begin = begin_of(1);
  const std::uint64_t bytes = Pack(path_).index().entry(1)->bytes;
  const RgbImage expected = crop(decode_all(originals_[0]), middle);
  int faults = 0;
  for (std::uint64_t at = 0; at < bytes; at += 997) {
    flip_byte(begin + at);
    const Pack pack(path_);
    try {
      ASSERT_EQ(decode(pack, 1, middle), expected) << at;
    } catch (const SampleFailure& failure) {
      ++faults;
      EXPECT_EQ(failure.status(), SampleStatus::corrupt);
      EXPECT_NE(std::string(failure.what()).find("the pack is damaged from byte"), std::string::npos);
    }
    flip_byte(begin + at);
  }
  EXPECT_GT(faults, 3);
}

TEST_F(TiledPack, JpegThatIsNoneOfTheNativeDecodersIsReadWhole) {
  Decoder libjpeg(DecodeLimits{}, JpegDecoding::libjpeg);
  const Pack pack(path_);
  tiled_ = pack.load_tiled(SampleId{1}, sample_);
  ASSERT_TRUE(tiled_);
  EXPECT_EQ(sample_.label(), 7);
  libjpeg.open(*tiled_);
  EXPECT_EQ(test::copy(libjpeg.decode(middle)), crop(decode_all(originals_[0]), middle));
  EXPECT_EQ(libjpeg.decoded_fallback(), 1U);
}

/// Another one, and how many bytes of it were asked for.
class CountedTiles final : public TiledJpeg {
 public:
  explicit CountedTiles(std::unique_ptr<TiledJpeg> tiled) : tiled_(std::move(tiled)) {}

  std::span<const std::byte> bytes() const noexcept override { return tiled_->bytes(); }
  const JpegTiles& tiles() const noexcept override { return tiled_->tiles(); }
  bool fetch(std::size_t begin, std::size_t end) override {
    fetched_ += end - begin;
    return tiled_->fetch(begin, end);
  }
  std::span<const std::byte> whole() override {
    fetched_ += bytes().size();
    return tiled_->whole();
  }
  std::size_t fetched() const noexcept { return fetched_; }

 private:
  std::unique_ptr<TiledJpeg> tiled_;
  std::size_t fetched_ = 0;
};

TEST_F(TiledPack, CombinationsReadNoMoreOfASampleThanThePackDoes) {
  const auto pack = std::make_shared<Pack>(path_);
  const auto tail = std::make_shared<Subset>(pack, 1, 4);
  const auto twice = std::make_shared<ConcatDataset>(std::vector<SharedDataset>{pack, tail});
  const auto relabelled = std::make_shared<RelabelDataset>(twice, RelabelDataset::Labels{{7, 3}});
  const MixtureDataset mixture({relabelled}, std::array{1.0}, {.shuffle = false});
  const std::vector<std::tuple<const Dataset*, std::uint64_t, std::int64_t>> cases{
      {pack.get(), 2, 7}, {tail.get(), 1, 7}, {twice.get(), 6, 7}, {relabelled.get(), 6, 3}, {&mixture, 6, 3}};
  for (const auto& [dataset, id, label] : cases) {
    EXPECT_TRUE(has_tiles(*dataset));
    sample_.reset();
    auto tiled = load_tiled(*dataset, SampleId{id}, sample_);
    ASSERT_TRUE(tiled);
    EXPECT_EQ(sample_.label(), label);
    CountedTiles counted(std::move(tiled));
    decoder_.open(counted);
    EXPECT_EQ(test::copy(decoder_.decode(middle)), crop(decode_all(originals_[1]), middle));
    EXPECT_LT(counted.fetched(), counted.bytes().size() / 2);
    sample_.reset();
    dataset->load(SampleId{id}, sample_);
    EXPECT_EQ(sample_.label(), label);
    EXPECT_EQ(sample_.encoded().size(), counted.bytes().size()) << "all of it, for those who do not ask for tiles";
  }
  EXPECT_FALSE(load_tiled(*twice, SampleId{0}, sample_)) << "it is no JPEG";
}

TEST_F(TiledPack, MergedClassesCountForTilesToo) {
  PackWriter writer(folder_.path() / "b.slabpack", "identity");
  const auto tiled = tiler_.tile(originals_[0]);
  writer.add_tiled(0, tiled->file, tiled->tiles, 0, "photo");
  writer.finish(R"({"classes": ["dog", "cat"]})");
  PackWriter other(folder_.path() / "c.slabpack", "identity");
  other.add_tiled(0, tiled->file, tiled->tiles, 0, "photo");
  other.finish(R"({"classes": ["cat"]})");
  const ConcatDataset both({std::make_shared<Pack>((folder_.path() / "b.slabpack").native()),
                            std::make_shared<Pack>((folder_.path() / "c.slabpack").native())});
  EXPECT_TRUE(load_tiled(both, SampleId{1}, sample_));
  EXPECT_EQ(sample_.label(), 1);
}

TEST_F(TiledPack, WhatChangesSamplesOrKeepsThemGetsThemWhole) {
  const auto pack = std::make_shared<Pack>(path_);
  const MapDataset mapped(pack, [](SampleId, Sample&) {});
  EXPECT_FALSE(load_tiled(mapped, SampleId{2}, sample_)) << "its function sees the sample";
  class Own : public Subset {
   public:
    using Subset::Subset;
  };
  EXPECT_FALSE(load_tiled(Own(pack, 0, 5), SampleId{2}, sample_)) << "its load() may be another";

  const CachedDataset roomy(pack, {1 << 20});
  EXPECT_FALSE(load_tiled(roomy, SampleId{2}, sample_)) << "it is about to be kept";
  const CachedDataset small(pack, {480});
  EXPECT_FALSE(load_tiled(small, SampleId{0}, sample_));
  small.load(SampleId{0}, sample_);
  ASSERT_EQ(small.stats().not_kept, 1U);
  EXPECT_TRUE(load_tiled(small, SampleId{2}, sample_)) << "no room for it";
  EXPECT_EQ(small.stats().misses, 2U);
}

/// As whoever reads all of a sample would notice.
TEST_F(TiledPack, LoadersOfSubsetsDoNotReadWhatTheyDoNotNeed) {
  const std::uint64_t bytes = Pack(path_).index().entry(2)->bytes;
  flip_byte(begin_of(2) + bytes - 100);
  const auto pack = std::make_shared<Pack>(path_);
  EXPECT_THROW(pack->load(SampleId{2}, sample_), SampleFailure);
  const Subset one(pack, 2, 1);
  Loader loader(one, {CenterCrop{40}}, {.batch_size = 1, .workers = 0});
  for (const Batch& batch : loader.epoch(0)) EXPECT_EQ(batch.statuses()[0], SampleStatus::ok);
  EXPECT_TRUE(loader.faults().empty());
}

}  // namespace
}  // namespace slabring

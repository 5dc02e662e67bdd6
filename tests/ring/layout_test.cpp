#include "ring/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

constexpr Shape sound = {.batch_size = 70, .slabs = 4, .workers = 2, .row_bytes = 100};

Shape with_extra_arrays(std::uint32_t batch_size) {
  Shape shape = sound;
  shape.batch_size = batch_size;
  shape.extra_arrays = 3;
  shape.extra_row_bytes = {1, 4096, 12};
  return shape;
}

const char* check(const Header& header) { return View::check(header, control_bytes(sound), data_bytes(sound)); }

Header sound_header() {
  const TestRing ring(sound);
  Header header;
  std::memcpy(&header, ring.control().begin(), sizeof header);
  return header;
}

TEST(RingLayout, AFormattedRingPassesItsCheck) { EXPECT_EQ(check(sound_header()), nullptr); }

struct WrongField {
  const char* name;
  std::function<void(Header&)> spoil;
  const char* complaint;
};

class RingHeader : public testing::TestWithParam<WrongField> {};
INSTANTIATE_TEST_SUITE_P(
    Check, RingHeader,
    testing::Values(WrongField{"Magic", [](Header& h) { h.magic ^= 1; }, "magic"},
                    WrongField{"Version", [](Header& h) { h.version += 1; }, "another version"},
                    WrongField{"HeaderBytes", [](Header& h) { h.header_bytes += 128; }, "another version"},
                    WrongField{"Abi", [](Header& h) { h.abi ^= 1; }, "another version"},
                    WrongField{"NoRows", [](Header& h) { h.shape.batch_size = 0; }, "batch size"},
                    WrongField{"TooManyRows", [](Header& h) { h.shape.batch_size = max_batch + 1; }, "batch size"},
                    WrongField{"OneSlab", [](Header& h) { h.shape.slabs = 1; }, "number of slabs"},
                    WrongField{"TooManySlabs", [](Header& h) { h.shape.slabs = max_slabs + 1; }, "number of slabs"},
                    WrongField{"TooManyWorkers", [](Header& h) { h.shape.workers = max_workers + 1; },
                               "number of workers"},
                    WrongField{"TooManyExtraArrays", [](Header& h) { h.shape.extra_arrays = max_extra_arrays + 1; },
                               "number of extra arrays"},
                    WrongField{"ExtraArrayWithoutRows", [](Header& h) { h.shape.extra_arrays = 1; },
                               "one of the ring's extra arrays"},
                    WrongField{"RowsWithoutExtraArray", [](Header& h) { h.shape.extra_row_bytes[61] = 1; },
                               "one of the ring's extra arrays"},
                    WrongField{"ExtraArrayThatNobodyAllocated",
                               [](Header& h) {
                                 h.shape.extra_arrays = 1;
                                 h.shape.extra_row_bytes[0] = 100;
                               },
                               "data memory's size"},
                    WrongField{"HugeExtraArray",
                               [](Header& h) {
                                 h.shape.extra_arrays = 1;
                                 h.shape.extra_row_bytes[0] = max_row_bytes;
                               },
                               "one of the ring's extra arrays"},
                    WrongField{"ExtraArraysThatOverflow",
                               [](Header& h) {
                                 h.shape.extra_arrays = 2;
                                 h.shape.extra_row_bytes[0] = std::uint64_t{1} << 63;
                                 h.shape.extra_row_bytes[1] = std::uint64_t{1} << 63;
                               },
                               "one of the ring's extra arrays"},
                    WrongField{"NoRowBytes", [](Header& h) { h.shape.row_bytes = 0; }, "row size"},
                    WrongField{"HugeRowBytes", [](Header& h) { h.shape.row_bytes = ~std::uint64_t{0}; }, "row size"},
                    WrongField{"OtherBatchSize", [](Header& h) { h.shape.batch_size += 64; }, "control memory's size"},
                    WrongField{"OtherSlabs", [](Header& h) { h.shape.slabs -= 1; }, "control memory's size"},
                    WrongField{"OtherRowBytes", [](Header& h) { h.shape.row_bytes = 1000; }, "data memory's size"},
                    WrongField{"ControlBytes", [](Header& h) { h.control_bytes -= 1; }, "control memory's size"},
                    WrongField{"DataBytes", [](Header& h) { h.data_bytes += 1; }, "data memory's size"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(RingHeader, WithAWrongFieldIsRefusedInWords) {
  Header header = sound_header();
  GetParam().spoil(header);
  const char* const complaint = check(header);
  ASSERT_NE(complaint, nullptr);
  EXPECT_THAT(std::string(complaint), testing::HasSubstr(GetParam().complaint));
}

TEST(RingLayout, MemoryOfAnotherSizeIsRefused) {
  const Header header = sound_header();
  EXPECT_NE(View::check(header, control_bytes(sound) - 4096, data_bytes(sound)), nullptr);
  EXPECT_NE(View::check(header, control_bytes(sound), data_bytes(sound) - 4096), nullptr);
  EXPECT_NE(View::check(header, control_bytes(sound), data_bytes(sound) + 4096), nullptr);
}

class RingParts : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, RingParts, testing::Values(1u, 63u, 64u, 65u, 130u, max_batch),
                         testing::PrintToStringParamName());

/// A part of the memory, as [begin, end).
struct Part {
  std::string name;
  const std::byte* begin;
  const std::byte* end;
};

template <class T>
Part part(std::string name, const T& first, std::size_t count) {
  const auto* begin = reinterpret_cast<const std::byte*>(&first);
  return {std::move(name), begin, begin + count * sizeof(T)};
}

void expect_disjoint_within(std::vector<Part> parts, const GuardedMemory& memory) {
  std::ranges::sort(parts, {}, &Part::begin);
  EXPECT_GE(parts.front().begin, memory.begin());
  EXPECT_LE(parts.back().end, memory.begin() + memory.size());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    EXPECT_LE(parts[i - 1].end, parts[i].begin) << parts[i - 1].name << " overlaps " << parts[i].name;
  }
}

TEST_P(RingParts, OfTheControlMemoryAreDisjointAndInside) {
  const TestRing ring(GetParam());
  const View& view = ring.view();
  std::vector<Part> parts = {part("pool", view.pool(), 1), part("ring", view.ring(), 1),
                             part("counters", view.counters(), 1), part("slots", view.slot(0), max_workers)};
  for (std::uint32_t slab = 0; slab < view.shape().slabs; ++slab) {
    parts.push_back(part("head", view.head(slab), 1));
    parts.push_back(part("done", view.done(slab, 0), view.words()));
    parts.push_back(part("owner", view.owner(slab, 0), GetParam()));
    parts.push_back(part("row", view.row(slab, 0), GetParam()));
    parts.push_back(part("message", view.message(slab, 0), GetParam()));
  }
  expect_disjoint_within(std::move(parts), ring.control());
}

TEST_P(RingParts, OfTheDataMemoryAreDisjointAndInside) {
  const TestRing ring(GetParam());
  std::vector<Part> parts;
  for (std::uint32_t slab = 0; slab < ring.view().shape().slabs; ++slab) {
    for (std::uint32_t r = 0; r < GetParam(); ++r) {
      const auto pixels = ring.view().pixels(slab, r);
      parts.push_back(part("pixels", pixels.front(), pixels.size()));
    }
    parts.push_back(part("labels", ring.view().labels(slab)[0], GetParam()));
  }
  expect_disjoint_within(std::move(parts), ring.data());
}

TEST_P(RingParts, OfTheExtraArraysAreDisjointAndInside) {
  const TestRing ring(with_extra_arrays(GetParam()));
  const View& view = ring.view();
  std::vector<Part> parts;
  for (std::uint32_t slab = 0; slab < view.shape().slabs; ++slab) {
    parts.push_back(part("lambdas", view.lambdas(slab)[0], GetParam()));
    for (std::uint32_t array = 0; array < view.shape().extra_arrays; ++array) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.extra_array(slab, array)) % cache_line, 0u);
      EXPECT_EQ(view.extra(slab, 0, array).data(), view.extra_array(slab, array));
      for (std::uint32_t r = 0; r < GetParam(); ++r) {
        const auto extra = view.extra(slab, r, array);
        EXPECT_EQ(extra.size(), view.shape().extra_row_bytes[array]);
        parts.push_back(part("extra", extra.front(), extra.size()));
      }
    }
  }
  expect_disjoint_within(std::move(parts), ring.data());
}

TEST_P(RingParts, WrittenByDifferentProcessesShareNoCacheLine) {
  const TestRing ring(GetParam());
  const View& view = ring.view();
  for (const void* word : {static_cast<const void*>(&view.pool().stop), static_cast<const void*>(&view.pool().work),
                           static_cast<const void*>(&view.ring().hint), static_cast<const void*>(&view.ring().issued),
                           static_cast<const void*>(&view.ring().ready), static_cast<const void*>(&view.slot(1)),
                           static_cast<const void*>(&view.done(1, 0)), static_cast<const void*>(&view.owner(1, 0))}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(word) % cache_line, 0u);
  }
}

TEST(RingLayout, ExtraArraysPassTheCheckAndTakeTheMemoryThatTheyNeed) {
  const Shape shape = with_extra_arrays(70);
  const TestRing ring(shape);
  Header header;
  std::memcpy(&header, ring.control().begin(), sizeof header);
  EXPECT_EQ(View::check(header, control_bytes(shape), data_bytes(shape)), nullptr);
  EXPECT_EQ(header.shape, shape);
  EXPECT_EQ(control_bytes(shape), control_bytes(sound));
  EXPECT_GE(data_bytes(shape), data_bytes(sound) + 4 * 70 * 4096);
}

TEST(RingLayout, TheMostExtraArraysPassTheCheck) {
  Shape shape = sound;
  shape.extra_arrays = max_extra_arrays;
  shape.extra_row_bytes.fill(1);
  EXPECT_EQ(ring::check(shape), nullptr);
}

TEST(RingLayout, LargeSlabsBeginOnAHugePage) {
  const Shape large = {.batch_size = 32, .slabs = 2, .workers = 1, .row_bytes = 224 * 224 * 3};
  EXPECT_EQ(DataOffsets{large}.stride % DataOffsets::huge_page, 0u);
  EXPECT_GE(DataOffsets{large}.stride, 32 * large.row_bytes + 32 * sizeof(std::int64_t));
}

TEST(RingLayout, RowBitsCoverTheRowsOfEachWord) {
  EXPECT_EQ(View::row_bits(0, 0), 0u);
  EXPECT_EQ(View::row_bits(1, 0), 1u);
  EXPECT_EQ(View::row_bits(64, 0), ~std::uint64_t{0});
  EXPECT_EQ(View::row_bits(64, 1), 0u);
  EXPECT_EQ(View::row_bits(65, 1), 1u);
  EXPECT_EQ(View::row_bits(130, 2), 3u);
}

TEST(RingLayout, TheMagicNumberReadsAsText) {
  const TestRing ring(sound);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ring.control().begin()), 8), "slbring1");
}

}  // namespace
}  // namespace slabring::ring

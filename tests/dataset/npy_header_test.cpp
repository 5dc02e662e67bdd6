#include "dataset/npy_header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/sample_failure.hpp"
#include "support/npy_file.hpp"

namespace slabring {
namespace {

using test::npy_file;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NpyHeader read(const std::string& file) { return read_npy_header(std::as_bytes(std::span(file))); }

std::pair<SampleStatus, std::string> refusal_of(const std::string& file) {
  try {
    read(file);
    return {SampleStatus::ok, "not refused"};
  } catch (const SampleFailure& failure) {
    return {failure.status(), failure.what()};
  }
}

TEST(NpyHeader, GivesTypeShapeAndWhereTheDataBegins) {
  const NpyHeader header = read(npy_file("<f4", "(3, 4)", std::string(48, 'x')));
  EXPECT_EQ(header.dtype, DType::f32);
  EXPECT_THAT(header.shape, ElementsAre(3, 4));
  EXPECT_EQ(header.data_offset, 128U);
  EXPECT_EQ(header.data_bytes(), 48U);
}

TEST(NpyHeader, EveryVersionAndTypeIsRead) {
  for (const char version : {'\1', '\2', '\3'}) {
    const NpyHeader header = read(npy_file("{'shape': (2,), 'fortran_order': True, 'descr': \"<i8\"}", "", version));
    EXPECT_EQ(header.dtype, DType::i64);
    EXPECT_THAT(header.shape, ElementsAre(2));
  }
  const std::pair<const char*, DType> types[] = {{"|u1", DType::u8},  {"|b1", DType::u8},  {"|i1", DType::i8},
                                                 {"<i2", DType::i16}, {"<i4", DType::i32}, {"<u2", DType::u16},
                                                 {"<u4", DType::u32}, {"<u8", DType::u64}, {"<f2", DType::f16},
                                                 {"<f8", DType::f64}, {">u1", DType::u8}};
  for (const auto& [descr, dtype] : types) EXPECT_EQ(read(npy_file(descr, "(1,)", "")).dtype, dtype) << descr;
  EXPECT_THAT(read(npy_file("<f4", "()", "")).shape, IsEmpty());
}

TEST(NpyHeader, WhatIsNotReadIsRefusedWithWhatWouldBeRight) {
  const auto expect = [](const std::string& file, SampleStatus status, const char* words) {
    const auto [its_status, message] = refusal_of(file);
    EXPECT_EQ(its_status, status) << message;
    EXPECT_THAT(message, HasSubstr(words));
  };
  expect("", SampleStatus::empty, "empty");
  expect("PK\3\4 a zip", SampleStatus::unknown_format, ".npy");
  expect(npy_file("<f4", "(3,)", "").substr(0, 9), SampleStatus::truncated, "ends");
  expect(npy_file("<f4", "(3,)", "").substr(0, 60), SampleStatus::truncated, "ends");
  expect(npy_file("{'descr': '<f4'}", "", 4), SampleStatus::unsupported, "version 4");
  expect(npy_file(">f4", "(3,)", ""), SampleStatus::unsupported, "big-endian ('>f4'); save array.astype('<f4')");
  expect(npy_file("<c8", "(3,)", ""), SampleStatus::unsupported, "'<c8' is not read");
  expect(npy_file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", ""), SampleStatus::unsupported,
         "fields");
  expect(npy_file("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}", ""), SampleStatus::unsupported,
         "numpy.ascontiguousarray");
  expect(npy_file("<f4", "(3, 0)", ""), SampleStatus::empty, "no element");
  expect(npy_file("<f4", "(1,1,1,1,1,1,1,1,1)", ""), SampleStatus::unsupported, "more than 8 axes");
  expect(npy_file("<f4", "(4294967296, 4294967296)", ""), SampleStatus::too_large, "elements");
  expect(npy_file("<f4", "(-3,)", ""), SampleStatus::corrupt, "length of the shape");
  expect(npy_file("<f4", "(3", ""), SampleStatus::corrupt, "shape");
  expect(npy_file("{'descr': '<f4', 'shape': (3,)}", ""), SampleStatus::corrupt, "one of the three");
  expect(npy_file("{'descr': '<f4', 'colour': 3}", ""), SampleStatus::corrupt, "\"colour\"");
}

}  // namespace
}  // namespace slabring

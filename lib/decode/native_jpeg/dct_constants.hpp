#pragma once

namespace slabring::native_jpeg::dct {

// sqrt(2) times sums of cosines, with 13 fractional bits; named by their values as in libjpeg's jidctint.c.
inline constexpr int f0_298 = 2446;
inline constexpr int f0_390 = 3196;
inline constexpr int f0_541 = 4433;
inline constexpr int f0_765 = 6270;
inline constexpr int f0_899 = 7373;
inline constexpr int f1_175 = 9633;
inline constexpr int f1_501 = 12299;
inline constexpr int f1_847 = 15137;
inline constexpr int f1_961 = 16069;
inline constexpr int f2_053 = 16819;
inline constexpr int f2_562 = 20995;
inline constexpr int f3_072 = 25172;

// The first pass leaves two fractional bits for the second one; a block of 8 x 8 scales by 8.
inline constexpr int first_shift = 13 - 2;
inline constexpr int second_shift = 13 + 2 + 3;

}  // namespace slabring::native_jpeg::dct

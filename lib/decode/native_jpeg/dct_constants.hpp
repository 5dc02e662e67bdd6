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

// Those of the smaller transforms, named as in libjpeg's jidctred.c.
inline constexpr int f0_211 = 1730;
inline constexpr int f0_509 = 4176;
inline constexpr int f0_601 = 4926;
inline constexpr int f0_720 = 5906;
inline constexpr int f0_850 = 6967;
inline constexpr int f1_061 = 8697;
inline constexpr int f1_272 = 10426;
inline constexpr int f1_451 = 11893;
inline constexpr int f2_172 = 17799;
inline constexpr int f3_624 = 29692;
// f0_765, f0_899, f1_847 and f2_562 are above.

// The first pass leaves two fractional bits for the second one; a block of 8 x 8 scales by 8.
inline constexpr int first_shift = 13 - 2;
inline constexpr int second_shift = 13 + 2 + 3;

}  // namespace slabring::native_jpeg::dct

#pragma once

#include <string>
#include <vector>

namespace slabring {

/// Names of the instruction sets that pixel kernels exist for and this machine has, the best one first: AVX3, AVX2,
/// SSE4, NEON; at last SCALAR, plain C++, where the compiler may not assume any.
std::vector<std::string> kernel_targets();

/// For tests and benchmarks: from here on kernels run as `target`, one of kernel_targets(); empty: as the best, which
/// is the default. Requires: no kernel runs meanwhile.
void choose_kernel_target(const std::string& target);

}  // namespace slabring

// A rectangle that reaches beyond what an int counts.
#include <limits>

#include "base/rect.hpp"

int main(int argc, char**) {
  const slabring::Rect beyond{std::numeric_limits<int>::max(), 0, argc, 1};
  return beyond.right() == 0;
}

// A batch's elements have a type chosen at run time; reading them as one takes as<T>().
#include "slabring/batch.hpp"

float first_value(const slabring::Batch& batch) {
#ifdef WRONG_USE
  const float* values = batch.images().data;
#else
  const float* values = batch.images().as<float>();
#endif
  return values[0];
}

// A Loader keeps a reference to its Dataset, so a temporary one is refused.
#include "slabring/loader.hpp"

void load() {
#ifdef WRONG_USE
  slabring::Loader loader(slabring::ImageFolder("photos"), slabring::Pipeline::train());
#else
  slabring::ImageFolder photos("photos");
  slabring::Loader loader(photos, slabring::Pipeline::train());
#endif
}

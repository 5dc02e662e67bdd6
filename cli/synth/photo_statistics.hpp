#pragma once

#include "slabring/transform.hpp"
#include "synth/jpeg_writer.hpp"

namespace slabring::cli {

/// What a photo is like apart from its content.
struct PhotoForm {
  int width = 0;
  int height = 0;
  Subsampling subsampling = Subsampling::s444;
  int quality = 0;    ///< as libjpeg's
  double detail = 1;  ///< strength of texture and noise; 1 is the median
};

/// Draws a form as ImageNet's photos have them: most are 500 pixels long with the ratio 4:3 or 3:2, three in four
/// stored in full colour at quality 96, the others smaller and coarser. The tables were fitted to ImageNet's published
/// medians (500x375, 107 kB) and shares (76 % 4:4:4, 20 % 4:2:0, 2 % grey).
PhotoForm draw_photo_form(RandomStream& random);

}  // namespace slabring::cli

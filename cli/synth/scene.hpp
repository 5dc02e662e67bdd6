#pragma once

#include "slabring/transform.hpp"
#include "synth/jpeg_writer.hpp"
#include "synth/photo_statistics.hpp"

namespace slabring::cli {

/// What the pictures of one class have in common. Hues are angles in the plane of Cb and Cr, in turns.
struct ClassLook {
  double background_hue = 0;
  double background_level = 115;   ///< luma half way down
  double background_contrast = 0;  ///< what the top is lighter than that, and the bottom darker
  double object_hue = 0;
  double brightness = 0;  ///< of the objects against the background, in grey levels
  int points = 3;         ///< of the star-shaped objects
  double inner = 0.5;     ///< inner to outer radius of the stars
  double stripe_pixels = 8;
  double stripe_turns = 0;  ///< direction of the stripes on the objects
};

/// Spreads the looks of any number of classes evenly: each property walks its range in steps of another irrational
/// share, so that no two classes agree in all of them.
ClassLook look_of_class(int label);

/// Paints a picture of a class: a background with a gradient, a few of the class's objects, some that belong to no
/// class, and noise in every octave, stronger in some places than in others, as textures and blur are in photos. A pure
/// function of its arguments.
YccImage paint_scene(const ClassLook& look, const PhotoForm& form, RandomStream& random);

}  // namespace slabring::cli

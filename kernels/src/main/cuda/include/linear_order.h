// SPDX-License-Identifier: Apache-2.0
//
// The order in which blocks take the tiles of a linear.
#pragma once

#include "device.h"

struct TilePlace {
  int row_tile;
  int token_tile;
};

// Tiles that run at the same time should share rows and tokens, so that the L2 cache gives most of
// the operands: bands of up to BAND token tiles, in each the row tiles one after the other, and for
// each of these all token tiles of the band.
template <int BAND>
__device__ __forceinline__ TilePlace banded_tile(int index, int row_tiles, int token_tiles) {
  const int band_tiles = BAND * row_tiles;
  const int first_token_tile = index / band_tiles * BAND;
  const int left = token_tiles - first_token_tile;
  const int width = left < BAND ? left : BAND;
  const int in_band = index % band_tiles;
  return {in_band / width, first_token_tile + in_band % width};
}

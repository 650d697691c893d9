// SPDX-License-Identifier: Apache-2.0
// image_list PREFIX FATBIN: the lines of images.txt for every entry of a fatbin.
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "driver/image.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: image_list PREFIX FATBIN\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.size() < 16 || !emu::is_fatbin(bytes.data())) {
    fprintf(stderr, "%s is not a fatbin\n", argv[2]);
    return 1;
  }
  for (const emu::FatbinEntry& entry :
       emu::fatbin_entries(reinterpret_cast<const uint8_t*>(bytes.data()))) {
    emu::ImageBytes image = entry.ptx ? entry.bytes : emu::measure(entry.bytes.data);
    printf("%016" PRIx64 " %s_%s %s\n", emu::fingerprint(image), entry.ptx ? "compute" : "sm",
           entry.target.label().c_str(), argv[1]);
  }
  return 0;
}

// SPDX-License-Identifier: MIT
/* SSE2 on packed bytes and words: blends two images of 256 KiB a round. */
#include "../bench.h"
#include <emmintrin.h>

__attribute__((target("sse2"))) uint64_t run_sse(uint32_t rounds) {
  __m128i *const a = (__m128i *)arena, *const b = a + (1 << 14);
  const __m128i zero = _mm_setzero_si128();
  for (uint32_t i = 0; i < 1 << 19; i++) arena[i] = (unsigned char)(i * 31 + (i >> 8));
  while (rounds--) {
    const __m128i weight = _mm_set1_epi16((short)(rounds % 256)), rest = _mm_set1_epi16((short)(256 - rounds % 256));
    for (uint32_t i = 0; i < 1 << 14; i++) {
      const __m128i x = a[i], y = b[i];
      const __m128i low = _mm_add_epi16(_mm_mullo_epi16(_mm_unpacklo_epi8(x, zero), weight), _mm_mullo_epi16(_mm_unpacklo_epi8(y, zero), rest));
      const __m128i high = _mm_add_epi16(_mm_mullo_epi16(_mm_unpackhi_epi8(x, zero), weight), _mm_mullo_epi16(_mm_unpackhi_epi8(y, zero), rest));
      b[i] = _mm_packus_epi16(_mm_srli_epi16(low, 8), _mm_srli_epi16(high, 8));
    }
  }
  uint64_t sum = 0;
  for (uint32_t i = 1 << 18; i < 1 << 19; i++) sum = sum * 31 + arena[i];
  return sum;
}

// SPDX-License-Identifier: MIT
/** @fileoverview Every file of SSE records, in the order that gives records and helpers their numbers. */
import './move.ts';
import './integer.ts';
import './shuffle.ts';
import './arithmetic.ts';
import './compare.ts';
import './convert.ts';
import './string.ts';
import './crc32.ts';
import './aes.ts';
import './pclmul.ts';

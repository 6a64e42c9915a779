// SPDX-License-Identifier: MIT
/**
 * @fileoverview Decompression of deflate (RFC 1951).
 *
 * Input and output are stretches of memory. At the end of the input {@link Inflater.refill} is asked for more; when the output is full
 * {@link Inflater.drain} must make room and leave the last {@link WINDOW} bytes in front of it, since matches copy from there. Without
 * them overridden, everything is in memory at once. Any input ends with 0 or an error: nothing is read or written outside of the stretches.
 *
 * A code is a table of its first {@link FAST} bits, which says symbol and length; longer codes, which are rare, are found by counting
 * as the canonical order allows.
 */
import { BAD_DATA, CODE_LENGTHS, CUT, codeLengthOrder, distanceBase, distanceExtra, END_OF_BLOCK, fixedLength } from './tables';
import { lengthBase, lengthExtra, MAX_BITS, NO_ROOM, reverseBits } from './tables';

const FAST: i32 = 10;
const SYMBOLS: i32 = 288;

class Code {
  /** symbol << 4 | length; 0: the code is longer, or there is none. */
  readonly fast: StaticArray<u16> = new StaticArray<u16>(1 << FAST);
  /** How many codes there are of each length. */
  readonly counts: StaticArray<u16> = new StaticArray<u16>(MAX_BITS + 1);
  /** Symbols in the order of their codes. */
  readonly symbols: StaticArray<u16> = new StaticArray<u16>(SYMBOLS);
  private readonly offsets: StaticArray<u16> = new StaticArray<u16>(MAX_BITS + 2);

  /** False: the lengths make no code. An incomplete one is allowed if it has one code at most (3.2.7). */
  build(lengths: StaticArray<u8>, from: i32, count: i32): bool {
    const counts = this.counts;
    const offsets = this.offsets;
    for (let i = 0; i <= MAX_BITS; i++) counts[i] = 0;
    for (let i = 0; i < count; i++) counts[lengths[from + i]]++;
    const used = count - <i32>counts[0];
    counts[0] = 0;
    let left = 1;
    for (let i = 1; i <= MAX_BITS; i++) {
      left = (left << 1) - <i32>counts[i];
      if (left < 0) return false;
    }
    if (left > 0 && used > 1) return false;
    offsets[1] = 0;
    for (let i = 1; i <= MAX_BITS; i++) offsets[i + 1] = <u16>(<u32>offsets[i] + <u32>counts[i]);
    for (let i = 0; i < count; i++) {
      const length = <i32>lengths[from + i];
      if (length) this.symbols[offsets[length]++] = <u16>i;
    }
    this.fillFast();
    return true;
  }

  private fillFast(): void {
    memory.fill(changetype<usize>(this.fast), 0, 2 << FAST);
    let code: u32 = 0;
    let index = 0;
    for (let length = 1; length <= FAST; length++) {
      for (let i = <i32>this.counts[length]; i > 0; i--) {
        const entry = <u16>(((<u32>this.symbols[index++]) << 4) | <u32>length);
        const first = <i32>reverseBits(code++, length);
        for (let at = first; at < 1 << FAST; at += 1 << length) this.fast[at] = entry;
      }
      code <<= 1;
    }
  }
}

export class Inflater {
  /** Bytes of input not yet taken. */
  input: usize = 0;
  inputEnd: usize = 0;
  /** Where the next byte of output goes; matches reach back to `history`. */
  output: usize = 0;
  outputEnd: usize = 0;
  history: usize = 0;

  private bits: u64 = 0;
  private count: i32 = 0;
  private error: i32 = 0;
  private readonly lengths: StaticArray<u8> = new StaticArray<u8>(320);
  private readonly literals: Code = new Code();
  private readonly distances: Code = new Code();

  /** Sets {@link input} and {@link inputEnd} anew; false at the end of everything. */
  refill(): bool {
    return false;
  }

  /** Makes room at {@link output}; false if there is none. */
  drain(): bool {
    return false;
  }

  /** Forgets what was fetched from an earlier input. */
  reset(): void {
    this.bits = 0;
    this.count = 0;
  }

  /** Decodes one deflate stream: 0 or an error. What comes behind it is for {@link nextByte}. */
  inflate(): i32 {
    this.error = 0;
    let last: u32 = 0;
    while (!last && !this.error) {
      last = this.take(1);
      const kind = this.take(2);
      if (this.error) break;
      if (!kind) this.stored();
      else if (kind == 1) this.fixed();
      else if (kind == 2) this.dynamic();
      else this.error = BAD_DATA;
    }
    const odd = this.count & 7;
    this.bits >>= <u64>odd;
    this.count -= odd;
    return this.error;
  }

  /** A byte of the input outside of a stream; -1 at its end. */
  nextByte(): i32 {
    if (!this.need(8)) return -1;
    const value = <i32>(this.bits & 0xff);
    this.bits >>= 8;
    this.count -= 8;
    return value;
  }

  /** Makes sure of `count` bits, at most 32; false at the end of the input. */
  private need(count: i32): bool {
    while (this.count < count) {
      if (this.input == this.inputEnd) {
        if (!this.refill()) return false;
        continue;
      }
      this.bits |= (<u64>load<u8>(this.input++)) << (<u64>this.count);
      this.count += 8;
    }
    return true;
  }

  private take(count: i32): u32 {
    if (!this.need(count)) {
      this.error = CUT;
      return 0;
    }
    const value = <u32>(this.bits & (((<u64>1) << (<u64>count)) - 1));
    this.bits >>= <u64>count;
    this.count -= count;
    return value;
  }

  /** A symbol, or -1 with the error set. */
  private symbol(code: Code): i32 {
    if (this.count < MAX_BITS) {
      // Near the end there may be fewer bits than the longest code has.
      if (this.inputEnd - this.input >= 4) {
        this.bits |= (<u64>load<u32>(this.input)) << (<u64>this.count);
        this.input += 4;
        this.count += 32;
      } else this.need(MAX_BITS);
    }
    const entry = <i32>unchecked(code.fast[<i32>(this.bits & ((1 << FAST) - 1))]);
    const length = entry & 15;
    if (entry && length <= this.count) {
      this.bits >>= <u64>length;
      this.count -= length;
      return entry >> 4;
    }
    return this.longSymbol(code);
  }

  private longSymbol(code: Code): i32 {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      if (length > this.count) {
        this.error = CUT;
        return -1;
      }
      value |= <i32>(this.bits >> (<u64>length - 1)) & 1;
      const count = <i32>code.counts[length];
      if (value - count < first) {
        this.bits >>= <u64>length;
        this.count -= length;
        return code.symbols[index + value - first];
      }
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    this.error = BAD_DATA;
    return -1;
  }

  private stored(): void {
    this.take(this.count & 7);
    const length = this.take(16);
    const complement = this.take(16);
    if (this.error) return;
    if (length != (complement ^ 0xffff)) {
      this.error = BAD_DATA;
      return;
    }
    for (let left = length; left > 0 && !this.error; left--) this.put(<u8>this.take(8));
  }

  private put(byte: u8): void {
    if (this.output == this.outputEnd && !this.drain()) {
      this.error = NO_ROOM;
      return;
    }
    if (!this.error) store<u8>(this.output++, byte);
  }

  private fixed(): void {
    for (let i = 0; i < SYMBOLS; i++) this.lengths[i] = fixedLength(i);
    this.literals.build(this.lengths, 0, SYMBOLS);
    for (let i = 0; i < 32; i++) this.lengths[i] = 5;
    this.distances.build(this.lengths, 0, 32);
    this.body();
  }

  private dynamic(): void {
    const literals = <i32>this.take(5) + 257;
    const distances = <i32>this.take(5) + 1;
    const count = <i32>this.take(4) + 4;
    const lengths = this.lengths;
    for (let i = 0; i < CODE_LENGTHS; i++) lengths[codeLengthOrder(i)] = i < count ? <u8>this.take(3) : 0;
    if (this.error) return;
    if (literals > 286 || distances > 30 || !this.literals.build(lengths, 0, CODE_LENGTHS)) {
      this.error = BAD_DATA;
      return;
    }
    const all = literals + distances;
    for (let i = 0; i < all; ) {
      const symbol = this.symbol(this.literals);
      if (symbol < 0) return;
      if (symbol < 16) {
        lengths[i++] = <u8>symbol;
        continue;
      }
      if (symbol == 16 && !i) {
        this.error = BAD_DATA;
        return;
      }
      const value = symbol == 16 ? lengths[i - 1] : 0;
      const times = symbol == 16 ? this.take(2) + 3 : symbol == 17 ? this.take(3) + 3 : this.take(7) + 11;
      if (this.error) return;
      if (i + <i32>times > all) {
        this.error = BAD_DATA;
        return;
      }
      for (let k: u32 = 0; k < times; k++) lengths[i++] = value;
    }
    const complete = this.literals.build(lengths, 0, literals) && this.distances.build(lengths, literals, distances);
    if (!complete || !lengths[END_OF_BLOCK]) this.error = BAD_DATA;
    else this.body();
  }

  private body(): void {
    while (true) {
      const symbol = this.symbol(this.literals);
      if (symbol < 0) return;
      if (symbol < END_OF_BLOCK) {
        if (this.output == this.outputEnd && !this.drain()) {
          this.error = NO_ROOM;
          return;
        }
        store<u8>(this.output++, <u8>symbol);
        continue;
      }
      if (symbol == END_OF_BLOCK) return;
      if (symbol > 285) {
        this.error = BAD_DATA;
        return;
      }
      const length = lengthBase(symbol - 257) + <i32>this.take(lengthExtra(symbol - 257));
      const code = this.symbol(this.distances);
      if (code < 0) return;
      if (code > 29) {
        this.error = BAD_DATA;
        return;
      }
      const distance = distanceBase(code) + <i32>this.take(distanceExtra(code));
      if (this.error) return;
      this.match(length, distance);
      if (this.error) return;
    }
  }

  private match(length: i32, distance: i32): void {
    if (<usize>distance > this.output - this.history) {
      this.error = BAD_DATA;
      return;
    }
    for (let left = length; left > 0; ) {
      if (this.output == this.outputEnd && !this.drain()) {
        this.error = NO_ROOM;
        return;
      }
      // Byte by byte: the match may overlap what it makes.
      const stretch = <i32>min<usize>(<usize>left, this.outputEnd - this.output);
      let to = this.output;
      const end = to + stretch;
      while (to < end) {
        store<u8>(to, load<u8>(to - distance));
        to++;
      }
      this.output = end;
      left -= stretch;
    }
  }
}

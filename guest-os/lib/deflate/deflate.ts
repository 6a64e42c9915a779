// SPDX-License-Identifier: MIT
/**
 * @fileoverview Compression to deflate (RFC 1951), levels 1 (fast) to 9 (small).
 *
 * The window is a stretch of memory in which {@link Deflater.at} moves forward. Positions with equal three bytes form a chain, latest
 * first: `heads` by hash, `links` by position modulo {@link WINDOW}. At each position the chain is followed as far as the level
 * allows and the longest match taken, unless the next position has a longer one (lazy matching; levels 1 to 3 do not look).
 * Literals and matches are collected, and every {@link BLOCK} of them are written as the shortest of a stored, a fixed and a
 * dynamic block.
 *
 * Streaming: {@link Deflater.refill} is asked for more while less than a longest match lies ahead; it calls {@link Deflater.slide} where it needs
 * the space of what is too old to be matched. {@link Deflater.drain} writes away what was put out.
 */
import { HuffmanCode } from './huffman';
import { CODE_LENGTHS, codeLengthOrder, DISTANCES, distanceBase, distanceExtra, END_OF_BLOCK, fixedLength } from './tables';
import { lengthBase, lengthExtra, LITERALS, MAX_BITS, MAX_MATCH, MIN_MATCH, NO_ROOM, WINDOW } from './tables';

const HASH_BITS: i32 = 15;
const BLOCK: i32 = 16384;
/** A match of three bytes from further away costs more than three literals. */
const TOO_FAR: i32 = 4096;
/** So many bytes ahead make sure that a match is not cut short. */
export const LOOKAHEAD: i32 = 262;
const STORED_MOST: i32 = 65535;

/** By level: chain to follow, length that is good enough to stop, length that needs no look at the next position (0: never look). */
const chains: StaticArray<u16> = [0, 4, 5, 6, 16, 32, 128, 256, 1024, 4096];
const enough: StaticArray<u16> = [0, 8, 16, 32, 16, 32, 128, 128, 258, 258];
const lazies: StaticArray<u16> = [0, 0, 0, 0, 4, 16, 16, 32, 128, 258];

const lengthSymbols = new StaticArray<u8>(MAX_MATCH + 1);
for (let i = 0; i < 29; i++)
  for (let k = 0; k < 1 << lengthExtra(i); k++) if (lengthBase(i) + k <= MAX_MATCH) lengthSymbols[lengthBase(i) + k] = <u8>i;
const distanceSymbols = new StaticArray<u8>(512);
for (let i = 0; i < DISTANCES; i++) {
  for (let k = 0; k < 1 << distanceExtra(i); k++) {
    const distance = distanceBase(i) + k - 1;
    if (distance < 256) distanceSymbols[distance] = <u8>i;
    else distanceSymbols[256 + (distance >> 7)] = <u8>i;
  }
}

// @ts-ignore: decorator
@inline function distanceSymbol(distance: i32): i32 {
  const index = distance - 1;
  return <i32>unchecked(distanceSymbols[index < 256 ? index : 256 + (index >> 7)]);
}

export class Deflater {
  /** The window, and positions in it: the next byte to take, where the block began, the end of what is known. */
  window: usize = 0;
  at: i32 = 0;
  end: i32 = 0;
  output: usize = 0;
  outputEnd: usize = 0;

  private blockStart: i32 = 0;
  private bits: u64 = 0;
  private count: i32 = 0;
  private error: i32 = 0;
  private readonly heads: StaticArray<i32> = new StaticArray<i32>(1 << HASH_BITS);
  private readonly links: StaticArray<i32> = new StaticArray<i32>(WINDOW);
  private readonly values: StaticArray<u16> = new StaticArray<u16>(BLOCK);
  private readonly reaches: StaticArray<u16> = new StaticArray<u16>(BLOCK);
  private used: i32 = 0;
  private ended: bool = false;
  private matchStart: i32 = 0;
  private readonly literalCounts: StaticArray<u32> = new StaticArray<u32>(288);
  private readonly distanceCounts: StaticArray<u32> = new StaticArray<u32>(32);
  private readonly lengthCounts: StaticArray<u32> = new StaticArray<u32>(CODE_LENGTHS);
  private readonly literals: HuffmanCode = new HuffmanCode();
  private readonly distances: HuffmanCode = new HuffmanCode();
  private readonly lengths: HuffmanCode = new HuffmanCode();
  /** Code lengths as they are sent: symbol, and what follows it above. */
  private readonly sent: StaticArray<u16> = new StaticArray<u16>(320);
  private sentCount: i32 = 0;

  /** More bytes behind {@link end}; false if there are none. */
  refill(): bool {
    return false;
  }

  /** Makes room at {@link output}; false if there is none. */
  drain(): bool {
    return false;
  }

  /** The window has been moved down by {@link WINDOW} bytes. The block that is being collected must have been written. */
  slide(): void {
    const heads = this.heads;
    const links = this.links;
    for (let i = 0; i < 1 << HASH_BITS; i++) heads[i] = max(heads[i] - WINDOW, -1);
    for (let i = 0; i < WINDOW; i++) links[i] = max(links[i] - WINDOW, -1);
    this.at -= WINDOW;
    this.end -= WINDOW;
    this.blockStart -= WINDOW;
  }

  /** Compresses everything from {@link at} on to one stream: 0 or an error. */
  deflate(level: i32): i32 {
    memory.fill(changetype<usize>(this.heads), 0xff, 4 << HASH_BITS);
    this.bits = 0;
    this.count = 0;
    this.error = 0;
    this.blockStart = this.at;
    this.beginBlock();
    this.compress(level);
    if (!this.error) this.writeBlock(this.at, true);
    while (this.count > 0 && !this.error) this.byte();
    this.count = 0;
    return this.error;
  }

  private compress(level: i32): void {
    const chain = <i32>chains[level];
    const good = <i32>enough[level];
    const lazy = <i32>lazies[level];
    // The position before waits for whether this one has a longer match: its own match, and how far back that is.
    let pending = false;
    let before = 0;
    let reach = 0;
    this.ended = false;
    while (!this.error) {
      if (this.end - this.at < LOOKAHEAD && !this.ended) {
        if (!this.refill()) this.ended = true;
        continue;
      }
      const at = this.at;
      if (at >= this.end) break;
      let length = 0;
      if (this.end - at >= MIN_MATCH) {
        const candidate = this.insert(at);
        if (!pending || before < lazy) length = this.longest(candidate, before, before >= good ? chain >> 2 : chain, good);
      }
      const distance = at - this.matchStart;
      if (length == MIN_MATCH && distance > TOO_FAR) length = 0;
      if (pending && before >= MIN_MATCH && before >= length) {
        // It is taken, and covers this position.
        this.match(before, reach);
        this.insertAll(at + 1, before - 2);
        this.at = at - 1 + before;
        pending = false;
        before = 0;
      } else if (lazy) {
        if (pending) this.literal(load<u8>(this.window + at - 1));
        pending = true;
        before = length;
        reach = distance;
        this.at = at + 1;
      } else if (length) {
        this.match(length, distance);
        this.insertAll(at + 1, length - 1);
        this.at = at + length;
      } else {
        this.literal(load<u8>(this.window + at));
        this.at = at + 1;
      }
      if (this.used >= BLOCK - 1) this.writeBlock(pending ? this.at - 1 : this.at, false);
    }
    if (pending) this.literal(load<u8>(this.window + this.at - 1));
  }

  /** Puts a position in front of its chain; the one that was there, or -1. */
  private insert(at: i32): i32 {
    const from = this.window + at;
    const three = <u32>load<u16>(from) | ((<u32>load<u8>(from, 2)) << 16);
    const hash = <i32>((three * 0x9e3779b1) >> (32 - HASH_BITS));
    const head = unchecked(this.heads[hash]);
    unchecked((this.links[at & (WINDOW - 1)] = head));
    unchecked((this.heads[hash] = at));
    return head;
  }

  private insertAll(from: i32, count: i32): void {
    const end = min(from + count, this.end - MIN_MATCH + 1);
    for (let at = from; at < end; at++) this.insert(at);
  }

  /** The longest match longer than `best`, with its start in {@link matchStart}; 0 if there is none. */
  private longest(candidate: i32, best: i32, chain: i32, good: i32): i32 {
    const window = this.window;
    const at = this.at;
    const scan = window + at;
    // A link that is a whole window old has been overwritten.
    const oldest = max(at - (WINDOW - 1), 0);
    const most = min(MAX_MATCH, this.end - at);
    let longest = max(best, MIN_MATCH - 1);
    let found = false;
    while (candidate >= oldest && chain-- > 0 && longest < most) {
      const match = window + candidate;
      if (load<u8>(match + longest) == load<u8>(scan + longest) && load<u16>(match) == load<u16>(scan)) {
        const length = equalBytes(match, scan, most);
        if (length > longest) {
          longest = length;
          found = true;
          this.matchStart = candidate;
          if (length >= good) break;
        }
      }
      candidate = unchecked(this.links[candidate & (WINDOW - 1)]);
    }
    return found ? longest : 0;
  }

  // ---- blocks

  private beginBlock(): void {
    this.used = 0;
    memory.fill(changetype<usize>(this.literalCounts), 0, 4 * 288);
    memory.fill(changetype<usize>(this.distanceCounts), 0, 4 * 32);
  }

  private literal(byte: u8): void {
    this.values[this.used] = <u16>byte;
    this.reaches[this.used++] = 0;
    this.literalCounts[byte]++;
  }

  private match(length: i32, distance: i32): void {
    this.values[this.used] = <u16>length;
    this.reaches[this.used++] = <u16>distance;
    this.literalCounts[257 + <i32>lengthSymbols[length]]++;
    this.distanceCounts[distanceSymbol(distance)]++;
  }

  /** Writes what has been collected, which stands for the window from {@link blockStart} to `until`. */
  private writeBlock(until: i32, last: bool): void {
    this.literalCounts[END_OF_BLOCK] = 1;
    this.literals.build(this.literalCounts, LITERALS, MAX_BITS);
    this.distances.build(this.distanceCounts, DISTANCES, MAX_BITS);
    let literals = LITERALS;
    while (literals > 257 && !this.literals.lengths[literals - 1]) literals--;
    let distances = DISTANCES;
    while (distances > 1 && !this.distances.lengths[distances - 1]) distances--;
    this.describe(literals, distances);
    let lengths = CODE_LENGTHS;
    while (lengths > 4 && !this.lengths.lengths[codeLengthOrder(lengths - 1)]) lengths--;

    const extra = this.extraBits();
    let fixed: u64 = extra;
    let dynamic: u64 = extra + 14 + 3 * lengths;
    for (let i = 0; i < LITERALS; i++) {
      fixed += <u64>this.literalCounts[i] * <u64>fixedLength(i);
      dynamic += <u64>this.literalCounts[i] * <u64>this.literals.lengths[i];
    }
    for (let i = 0; i < DISTANCES; i++) {
      fixed += <u64>this.distanceCounts[i] * 5;
      dynamic += <u64>this.distanceCounts[i] * <u64>this.distances.lengths[i];
    }
    for (let i = 0; i < CODE_LENGTHS; i++) dynamic += <u64>this.lengthCounts[i] * <u64>this.lengths.lengths[i];
    dynamic += 2 * <u64>this.lengthCounts[16] + 3 * <u64>this.lengthCounts[17] + 7 * <u64>this.lengthCounts[18];

    const count = until - this.blockStart;
    const stored = (<u64>count + 4) * 8 + 7;
    this.put(last ? 1 : 0, 1);
    if (this.blockStart >= 0 && count <= STORED_MOST && stored < min(fixed, dynamic)) this.writeStored(count);
    else if (fixed <= dynamic) {
      this.put(1, 2);
      this.writeFixed();
    } else {
      this.put(2, 2);
      this.put(literals - 257, 5);
      this.put(distances - 1, 5);
      this.put(lengths - 4, 4);
      for (let i = 0; i < lengths; i++) this.put(<u32>this.lengths.lengths[codeLengthOrder(i)], 3);
      this.writeLengths();
      this.writeSymbols();
    }
    this.blockStart = until;
    this.beginBlock();
  }

  private extraBits(): u64 {
    let bits: u64 = 0;
    for (let i = 0; i < 29; i++) bits += <u64>this.literalCounts[257 + i] * lengthExtra(i);
    for (let i = 0; i < DISTANCES; i++) bits += <u64>this.distanceCounts[i] * distanceExtra(i);
    return bits;
  }

  /** The lengths of both codes as one run (3.2.7): 16 repeats the last one, 17 and 18 are zeros. */
  private describe(literals: i32, distances: i32): void {
    const all = literals + distances;
    memory.fill(changetype<usize>(this.lengthCounts), 0, 4 * CODE_LENGTHS);
    this.sentCount = 0;
    for (let i = 0; i < all; ) {
      const length = this.lengthAt(i, literals);
      let run = 1;
      while (i + run < all && this.lengthAt(i + run, literals) == length) run++;
      i += run;
      if (!length) {
        while (run >= 11) run -= this.send(18, min(run, 138), 11);
        if (run >= 3) run -= this.send(17, run, 3);
      } else {
        run -= this.send(<i32>length, 1, 1);
        while (run >= 3) run -= this.send(16, min(run, 6), 3);
      }
      while (run > 0) run -= this.send(<i32>length, 1, 1);
    }
    this.lengths.build(this.lengthCounts, CODE_LENGTHS, 7);
  }

  private lengthAt(index: i32, literals: i32): u8 {
    return index < literals ? this.literals.lengths[index] : this.distances.lengths[index - literals];
  }

  private send(symbol: i32, run: i32, least: i32): i32 {
    this.sent[this.sentCount++] = <u16>(symbol | ((run - least) << 8));
    this.lengthCounts[symbol]++;
    return run;
  }

  private writeLengths(): void {
    for (let i = 0; i < this.sentCount; i++) {
      const symbol = <i32>this.sent[i] & 0xff;
      this.put(<u32>this.lengths.codes[symbol], <i32>this.lengths.lengths[symbol]);
      if (symbol >= 16) this.put(<u32>this.sent[i] >> 8, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    }
  }

  private writeStored(count: i32): void {
    this.put(0, 2);
    while (this.count & 7) this.put(0, 1);
    this.put(count, 16);
    this.put(count ^ 0xffff, 16);
    for (let i = 0; i < count; i++) this.put(<u32>load<u8>(this.window + this.blockStart + i), 8);
  }

  private writeFixed(): void {
    for (let i = 0; i < 288; i++) this.literals.lengths[i] = fixedLength(i);
    this.literals.assign(288);
    for (let i = 0; i < DISTANCES; i++) this.distances.lengths[i] = 5;
    this.distances.assign(DISTANCES);
    this.writeSymbols();
  }

  private writeSymbols(): void {
    const literals = this.literals;
    const distances = this.distances;
    for (let i = 0; i < this.used; i++) {
      const value = <i32>unchecked(this.values[i]);
      const distance = <i32>unchecked(this.reaches[i]);
      if (!distance) {
        this.put(<u32>unchecked(literals.codes[value]), <i32>unchecked(literals.lengths[value]));
        continue;
      }
      const length = <i32>unchecked(lengthSymbols[value]);
      this.put(<u32>unchecked(literals.codes[257 + length]), <i32>unchecked(literals.lengths[257 + length]));
      this.put(value - lengthBase(length), lengthExtra(length));
      const symbol = distanceSymbol(distance);
      this.put(<u32>unchecked(distances.codes[symbol]), <i32>unchecked(distances.lengths[symbol]));
      this.put(distance - distanceBase(symbol), distanceExtra(symbol));
    }
    this.put(<u32>literals.codes[END_OF_BLOCK], <i32>literals.lengths[END_OF_BLOCK]);
  }

  // ---- bits

  /** `count` at most 16. */
  private put(value: u32, count: i32): void {
    this.bits |= (<u64>value) << (<u64>this.count);
    this.count += count;
    while (this.count >= 8) this.byte();
  }

  private byte(): void {
    if (this.output == this.outputEnd && !this.drain()) this.error = NO_ROOM;
    if (!this.error) store<u8>(this.output++, <u8>this.bits);
    this.bits >>= 8;
    this.count -= 8;
  }
}

/** How many bytes are equal, at most `most`. */
function equalBytes(a: usize, b: usize, most: i32): i32 {
  let length = 0;
  while (length + 8 <= most) {
    const difference = load<u64>(a + length) ^ load<u64>(b + length);
    if (difference) return length + <i32>(ctz(difference) >> 3);
    length += 8;
  }
  while (length < most && load<u8>(a + length) == load<u8>(b + length)) length++;
  return length;
}

// SPDX-License-Identifier: MIT
/**
 * @fileoverview Digests of bytes: MD5 (RFC 1321), SHA-1, SHA-256 and SHA-512 (FIPS 180-4).
 *
 * All of them take blocks, pad the last with a one bit, zeros and the length in bits, and mix each block into a state.
 */
/** Constants from a generator, so that no table is typed in: |sin(i + 1)| 2^32 for MD5, roots of primes for SHA-2. */
const sines = new StaticArray<u32>(64);
for (let i = 0; i < 64; i++) sines[i] = <u32>(<u64>(Math.abs(Math.sin(i + 1)) * 4294967296.0));
const shifts: StaticArray<u8> = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

const primes = new StaticArray<u32>(80);
for (let candidate: u32 = 2, found = 0; found < 80; candidate++) {
  let prime = true;
  for (let i = 0; i < found && prime; i++) if (candidate % primes[i] == 0) prime = false;
  if (prime) primes[found++] = candidate;
}

/** The first 64 bits behind the point of a number's root, exactly: the largest x with x^degree <= n 2^(64 degree), by halving. */
function rootFraction(number: u32, degree: i32): u64 {
  let root: u64 = 0;
  while (power(root + 1, degree) <= number) root++;
  let fraction: u64 = 0;
  for (let bit = 63; bit >= 0; bit--) {
    const trial = fraction | ((<u64>1) << (<u64>bit));
    if (!exceeds(root, trial, number, degree)) fraction = trial;
  }
  return fraction;
}
function power(base: u64, degree: i32): u64 {
  return degree == 2 ? base * base : base * base * base;
}

const product = new StaticArray<u64>(12);
const factor = new StaticArray<u64>(12);
/** Whether (whole + fraction / 2^64)^degree > number: in words of 32 bits, lowest first. */
function exceeds(whole: u64, fraction: u64, number: u32, degree: i32): bool {
  for (let i = 0; i < 12; i++) product[i] = 0;
  product[0] = fraction & 0xffffffff;
  product[1] = fraction >> 32;
  product[2] = whole;
  for (let times = 1; times < degree; times++) {
    for (let i = 0; i < 12; i++) factor[i] = product[i];
    for (let i = 0; i < 12; i++) product[i] = 0;
    for (let i = 0; i < 9; i++) {
      for (let k = 0; k < 3; k++) {
        const word = k == 0 ? fraction & 0xffffffff : k == 1 ? fraction >> 32 : whole;
        const value = factor[i] * word;
        product[i + k] += value & 0xffffffff;
        product[i + k + 1] += value >> 32;
      }
      for (let k = 0; k < 11; k++) {
        product[k + 1] += product[k] >> 32;
        product[k] &= 0xffffffff;
      }
    }
  }
  const top = product[2 * degree];
  if (top != number) return top > number;
  for (let i = 0; i < 2 * degree; i++) if (product[i]) return true;
  return false;
}

const cubes = new StaticArray<u64>(80);
const squares = new StaticArray<u64>(8);
let prepared = false;
function prepare(): void {
  if (prepared) return;
  prepared = true;
  for (let i = 0; i < 80; i++) cubes[i] = rootFraction(primes[i], 3);
  for (let i = 0; i < 8; i++) squares[i] = rootFraction(primes[i], 2);
}

export abstract class Digest {
  private readonly kept: StaticArray<u64> = new StaticArray<u64>(16);
  private used: i32 = 0;
  private total: u64 = 0;
  constructor(
    protected readonly blockSize: i32,
    /** Bytes of the digest. */
    private readonly size: i32,
  ) {}

  protected get block(): usize {
    return changetype<usize>(this.kept);
  }

  protected abstract mix(): void;
  /** Writes the state's bytes. */
  protected abstract result(to: usize): void;
  /** Whether numbers have their highest byte first. */
  abstract get bigEndian(): bool;

  update(from: usize, count: i32): void {
    this.total += count;
    for (let done = 0; done < count; ) {
      const some = min(count - done, this.blockSize - this.used);
      memory.copy(this.block + this.used, from + done, some);
      this.used += some;
      done += some;
      if (this.used < this.blockSize) continue;
      this.mix();
      this.used = 0;
    }
  }

  /** Ends the message: its digest in hexadecimal. */
  finish(): string {
    const bytes = this.finishBytes();
    let text = '';
    for (let i = 0; i < bytes.length; i++) text += (<u32>bytes[i]).toString(16).padStart(2, '0');
    return text;
  }

  /** Ends the message: its digest. */
  finishBytes(): StaticArray<u8> {
    const bits = this.total * 8;
    store<u8>(this.block + this.used++, 0x80);
    const room = this.blockSize == 128 ? 16 : 8;
    if (this.used > this.blockSize - room) {
      memory.fill(this.block + this.used, 0, this.blockSize - this.used);
      this.mix();
      this.used = 0;
    }
    memory.fill(this.block + this.used, 0, this.blockSize - this.used);
    store<u64>(this.block + this.blockSize - 8, this.bigEndian ? bswap(bits) : bits);
    this.mix();
    const digest = new StaticArray<u8>(this.size);
    this.result(changetype<usize>(digest));
    return digest;
  }
}

export class Md5 extends Digest {
  private a: u32 = 0x67452301;
  private b: u32 = 0xefcdab89;
  private c: u32 = 0x98badcfe;
  private d: u32 = 0x10325476;
  constructor() {
    super(64, 16);
  }
  get bigEndian(): bool {
    return false;
  }
  protected mix(): void {
    let a = this.a;
    let b = this.b;
    let c = this.c;
    let d = this.d;
    for (let i = 0; i < 64; i++) {
      let f: u32 = 0;
      let index = i;
      if (i < 16) f = (b & c) | (~b & d);
      else if (i < 32) {
        f = (d & b) | (~d & c);
        index = (5 * i + 1) & 15;
      } else if (i < 48) {
        f = b ^ c ^ d;
        index = (3 * i + 5) & 15;
      } else {
        f = c ^ (b | ~d);
        index = (7 * i) & 15;
      }
      const sum = a + f + sines[i] + load<u32>(this.block + 4 * index);
      a = d;
      d = c;
      c = b;
      b += rotl<u32>(sum, <u32>shifts[((i >> 4) << 2) | (i & 3)]);
    }
    this.a += a;
    this.b += b;
    this.c += c;
    this.d += d;
  }
  protected result(to: usize): void {
    store<u32>(to, this.a);
    store<u32>(to, this.b, 4);
    store<u32>(to, this.c, 8);
    store<u32>(to, this.d, 12);
  }
}

export class Sha1 extends Digest {
  private readonly state: StaticArray<u32> = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  private readonly words: StaticArray<u32> = new StaticArray<u32>(80);
  constructor() {
    super(64, 20);
  }
  get bigEndian(): bool {
    return true;
  }
  protected mix(): void {
    const words = this.words;
    for (let i = 0; i < 16; i++) words[i] = bswap(load<u32>(this.block + 4 * i));
    for (let i = 16; i < 80; i++) words[i] = rotl<u32>(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    const state = this.state;
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    for (let i = 0; i < 80; i++) {
      const f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      const k: u32 = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const next = rotl<u32>(a, 5) + f + e + k + words[i];
      e = d;
      d = c;
      c = rotl<u32>(b, 30);
      b = a;
      a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
  }
  protected result(to: usize): void {
    for (let i = 0; i < 5; i++) store<u32>(to + 4 * i, bswap(this.state[i]));
  }
}

export class Sha256 extends Digest {
  private readonly state: StaticArray<u32> = new StaticArray<u32>(8);
  private readonly words: StaticArray<u32> = new StaticArray<u32>(64);
  constructor() {
    super(64, 32);
    prepare();
    for (let i = 0; i < 8; i++) this.state[i] = <u32>(squares[i] >> 32);
  }
  get bigEndian(): bool {
    return true;
  }
  protected mix(): void {
    const words = this.words;
    for (let i = 0; i < 16; i++) words[i] = bswap(load<u32>(this.block + 4 * i));
    for (let i = 16; i < 64; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3);
      const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >> 10);
      words[i] = words[i - 16] + s0 + words[i - 7] + s1;
    }
    const state = this.state;
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
      const first = h + s1 + ((e & f) ^ (~e & g)) + <u32>(cubes[i] >> 32) + words[i];
      const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
      const second = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  protected result(to: usize): void {
    for (let i = 0; i < 8; i++) store<u32>(to + 4 * i, bswap(this.state[i]));
  }
}

export class Sha512 extends Digest {
  private readonly state: StaticArray<u64> = new StaticArray<u64>(8);
  private readonly words: StaticArray<u64> = new StaticArray<u64>(80);
  constructor() {
    super(128, 64);
    prepare();
    for (let i = 0; i < 8; i++) this.state[i] = squares[i];
  }
  get bigEndian(): bool {
    return true;
  }
  protected mix(): void {
    const words = this.words;
    for (let i = 0; i < 16; i++) words[i] = bswap(load<u64>(this.block + 8 * i));
    for (let i = 16; i < 80; i++) {
      const x = words[i - 15];
      const y = words[i - 2];
      const s0 = rotr<u64>(x, 1) ^ rotr<u64>(x, 8) ^ (x >> 7);
      const s1 = rotr<u64>(y, 19) ^ rotr<u64>(y, 61) ^ (y >> 6);
      words[i] = words[i - 16] + s0 + words[i - 7] + s1;
    }
    const state = this.state;
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 80; i++) {
      const s1 = rotr<u64>(e, 14) ^ rotr<u64>(e, 18) ^ rotr<u64>(e, 41);
      const first = h + s1 + ((e & f) ^ (~e & g)) + cubes[i] + words[i];
      const s0 = rotr<u64>(a, 28) ^ rotr<u64>(a, 34) ^ rotr<u64>(a, 39);
      const second = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  protected result(to: usize): void {
    for (let i = 0; i < 8; i++) store<u64>(to + 8 * i, bswap(this.state[i]));
  }
}

export function digestOf(name: string): Digest | null {
  if (name == 'md5') return new Md5();
  if (name == 'sha1') return new Sha1();
  if (name == 'sha256') return new Sha256();
  return name == 'sha512' ? new Sha512() : null;
}

// SPDX-License-Identifier: MIT
/** @fileoverview The checksum of a stream: fletcher4 that goes on from where it was. */
export class StreamSum {
  private a: u64 = 0;
  private b: u64 = 0;
  private c: u64 = 0;
  private d: u64 = 0;

  /** A multiple of four bytes. */
  add(from: usize, bytes: usize): void {
    let a = this.a;
    let b = this.b;
    let c = this.c;
    let d = this.d;
    for (let at = from; at < from + bytes; at += 4) {
      a += load<u32>(at);
      b += a;
      c += b;
      d += c;
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
  /** To four words. */
  put(to: usize): void {
    store<u64>(to, this.a);
    store<u64>(to, this.b, 8);
    store<u64>(to, this.c, 16);
    store<u64>(to, this.d, 24);
  }
  isAt(words: usize): bool {
    return (
      load<u64>(words) == this.a &&
      load<u64>(words, 8) == this.b &&
      load<u64>(words, 16) == this.c &&
      load<u64>(words, 24) == this.d
    );
  }
}

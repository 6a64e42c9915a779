// SPDX-License-Identifier: MIT
/** @fileoverview A cursor over the binary format: LEB128 numbers, names, vectors (WebAssembly core specification 2.0, section 5.2). */

const utf8 = new TextDecoder();

export class Reader {
  position = 0;
  private readonly view: DataView;

  constructor(private readonly source: Uint8Array) {
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  get atEnd(): boolean {
    return this.position >= this.source.length;
  }

  byte(): number {
    if (this.position >= this.source.length) throw new Error('unexpected end of the module');
    return this.source[this.position++];
  }

  u32(): number {
    this.position += 4;
    return this.view.getUint32(this.position - 4, true);
  }

  u64(): bigint {
    this.position += 8;
    return this.view.getBigUint64(this.position - 8, true);
  }

  /** Unsigned LEB128 of up to 32 bits. */
  unsigned(): number {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      result += (next & 127) * scale;
      if (next < 128) return result;
    }
  }

  /** Signed LEB128 of up to 64 bits. */
  signed(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const next = this.byte();
      low |= (next & 127) << shift;
      if (next < 128) return BigInt((low << (25 - shift)) >> (25 - shift));
    }
    let result = BigInt(low);
    for (let shift = 28n; ; shift += 7n) {
      const next = this.byte();
      result |= BigInt(next & 127) << shift;
      if (next < 128) return BigInt.asIntN(64, next & 64 ? result - (1n << (shift + 7n)) : result);
    }
  }

  vector<T>(element: () => T): T[] {
    const result: T[] = [];
    for (let n = this.unsigned(); n > 0; n--) result.push(element());
    return result;
  }

  bytes(length: number): Uint8Array {
    this.position += length;
    return this.slice(this.position - length, this.position);
  }

  name(): string {
    return utf8.decode(this.bytes(this.unsigned()));
  }

  slice(start: number, end: number): Uint8Array {
    return this.source.subarray(start, end);
  }
}

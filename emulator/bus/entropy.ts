// SPDX-License-Identifier: MIT
/**
 * @fileoverview The machine's random numbers: the ChaCha20 key stream (RFC 8439, section 2.3) under a key made of the seed, so that
 * runs with one seed repeat exactly while the guest sees bytes no test tells from random ones.
 *
 * The stream is consumed byte by byte: fill(3) then fill(5) gives the same bytes as fill(8).
 */
import type { Device, DeviceState, Entropy } from './device.ts';
import { loadFields, saveFields } from './state.ts';

const VERSION = 1;

/** The block function: 16 words of state in, 64 bytes of key stream out. */
export function chacha20Block(key: Uint8Array, counter: number, nonce: Uint8Array): Uint8Array {
  const input = new Uint32Array(16);
  input.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  const keyView = new DataView(key.buffer, key.byteOffset, 32);
  const nonceView = new DataView(nonce.buffer, nonce.byteOffset, 12);
  for (let word = 0; word < 8; word++) input[4 + word] = keyView.getUint32(4 * word, true);
  input[12] = counter;
  for (let word = 0; word < 3; word++) input[13 + word] = nonceView.getUint32(4 * word, true);

  const x = input.slice();
  const mix = (a: number, b: number, d: number, left: number) => {
    x[a] += x[b];
    const value = x[d] ^ x[a];
    x[d] = (value << left) | (value >>> (32 - left));
  };
  const quarterRound = (a: number, b: number, c: number, d: number) => {
    mix(a, b, d, 16);
    mix(c, d, b, 12);
    mix(a, b, d, 8);
    mix(c, d, b, 7);
  };
  for (let round = 0; round < 10; round++) {
    quarterRound(0, 4, 8, 12);
    quarterRound(1, 5, 9, 13);
    quarterRound(2, 6, 10, 14);
    quarterRound(3, 7, 11, 15);
    quarterRound(0, 5, 10, 15);
    quarterRound(1, 6, 11, 12);
    quarterRound(2, 7, 8, 13);
    quarterRound(3, 4, 9, 14);
  }
  const output = new Uint8Array(64);
  const view = new DataView(output.buffer);
  for (let word = 0; word < 16; word++) view.setUint32(4 * word, (x[word] + input[word]) >>> 0, true);
  return output;
}

export class SeededEntropy implements Entropy, Device {
  readonly name = 'entropy';
  private readonly key = new Uint8Array(32);
  /** Bytes handed out so far. */
  private position = 0;
  private block: Uint8Array = new Uint8Array(64);
  private blockNumber = -1;

  /** Any text; it is spread over the key by FNV-1a, one byte a step. */
  constructor(seed: string) {
    let hash = 0x811c9dc5;
    for (let index = 0; index < Math.max(seed.length, 32) + 32; index++) {
      const code = index < seed.length ? seed.charCodeAt(index) : 0;
      hash = Math.imul(hash ^ (code & 0xff), 0x01000193);
      hash = Math.imul(hash ^ (code >>> 8), 0x01000193);
      this.key[index % 32] ^= hash >>> 24;
    }
  }

  fill(into: Uint8Array): void {
    for (let index = 0; index < into.length; index++) {
      const number = Math.floor(this.position / 64);
      if (number !== this.blockNumber) {
        const nonce = new Uint8Array(12);
        new DataView(nonce.buffer).setUint32(0, Math.floor(number / 2 ** 32), true);
        this.block = chacha20Block(this.key, number >>> 0, nonce);
        this.blockNumber = number;
      }
      into[index] = this.block[this.position % 64];
      this.position++;
    }
  }

  reset(): void {
    // A RESET# does not rewind the source: bytes handed out stay handed out.
  }

  save(): DeviceState {
    return saveFields(VERSION, { key: this.key, position: this.position });
  }

  load(state: DeviceState): void {
    const fields = loadFields(this.name, state, VERSION, { key: this.key, position: 0 });
    this.key.set(fields.key);
    this.position = fields.position;
    this.blockNumber = -1;
  }
}

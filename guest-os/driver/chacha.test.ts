// SPDX-License-Identifier: MIT
/** ChaCha20 against OpenSSL's, as Node offers it: its counter and nonce are the last sixteen bytes of the initial state. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { loadGuest } from '../../toolchain/asc/hostWasm.ts';

const SOURCE = `
import { block } from './guest-os/driver/chacha';
const key = memory.data(32, 8);
const out = memory.data(64, 8);
export function setKey(at: i32, byte: i32): void { store<u8>(key + at, <u8>byte); }
export function run(counter: i32): void { block(key, <u64>counter, out); }
export function byteAt(at: i32): i32 { return load<u8>(out + at); }
`;

test('blocks are those of ChaCha20', async () => {
  const guest = await loadGuest({ source: SOURCE, target: 'kernel' });
  for (let round = 0; round < 20; round++) {
    const key = randomBytes(32);
    for (const [at, byte] of key.entries()) guest.call('setKey', at, byte);
    const counter = round * 7;
    guest.call('run', counter);
    const got = Array.from({ length: 64 }, (_, at) => guest.call('byteAt', at) as number);
    const start = Buffer.alloc(16);
    start.writeUInt32LE(counter, 0);
    expect(Buffer.from(got)).toEqual(createCipheriv('chacha20', key, start).update(Buffer.alloc(64)));
  }
}, 60_000);

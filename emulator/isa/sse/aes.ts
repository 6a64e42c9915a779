// SPDX-License-Identifier: MIT
/**
 * @fileoverview AES-NI (SDM vol. 2, AES*): one round of the cipher of FIPS 197, its inverse, and the pieces of the key schedule.
 *
 * The state is a column-major matrix: byte 4c + r is row r of column c. A round looks every byte up in a table that holds its
 * substitution times the column of MixColumns; rows differ by a rotation. Tables are made from the field GF(2^8) when first needed.
 */
import { SLOT } from '../../ir/state.ts';
import type { HelperRef } from '../../ir/value.ts';
import { type Cpu, helper } from '../helper.ts';
import { instruction } from '../record.ts';
import { aligned } from './vector.ts';

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let result = 0;
  for (let x = a, y = b; y !== 0; y >>= 1) {
    if (y & 1) result ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return result;
}
const SUBSTITUTION = new Uint8Array(256);
const INVERSE = new Uint8Array(256);
/** For row 0: (2s, s, s, 3s), and with the inverse substitution (14s, 9s, 13s, 11s), as little-endian dwords. */
const FORWARD = new Int32Array(256);
const BACKWARD = new Int32Array(256);
function makeTables(): void {
  // 3 generates the multiplicative group: p runs through it while q runs through the inverses.
  let p = 1;
  let q = 1;
  do {
    p = multiply(p, 3);
    q = multiply(q, 0xf6);
    const rotations = q ^ (q << 1) ^ (q << 2) ^ (q << 3) ^ (q << 4);
    SUBSTITUTION[p] = (rotations ^ (rotations >> 8) ^ 0x63) & 0xff;
  } while (p !== 1);
  SUBSTITUTION[0] = 0x63;
  SUBSTITUTION.forEach((s, x) => {
    INVERSE[s] = x;
  });
  for (let x = 0; x < 256; x++) {
    const s = SUBSTITUTION[x];
    FORWARD[x] = multiply(s, 2) | (s << 8) | (s << 16) | (multiply(s, 3) << 24);
    BACKWARD[x] = inverseColumn(INVERSE[x]);
  }
}
const inverseColumn = (x: number): number =>
  multiply(x, 14) | (multiply(x, 9) << 8) | (multiply(x, 13) << 16) | (multiply(x, 11) << 24);
makeTables();

const rotate = (x: number, n: number): number => (x << n) | (x >>> ((32 - n) & 31));
const columns = new Int32Array(4);
function returnColumns({ view, base }: Cpu, withKey: boolean): void {
  const at = base + SLOT.SCRATCH;
  for (let c = 0; c < 4; c++) view.setInt32(at + 4 * c, columns[c] ^ (withKey ? view.getInt32(at + 16 + 4 * c, true) : 0), true);
}
/** ShiftRows (by `step` columns per row), substitution, and unless it is the last round MixColumns, from one table. */
const round = (name: string, step: 1 | 3, lookup: (byte: number, row: number) => number): HelperRef =>
  helper(name, (cpu) => {
    const state = cpu.args.bytes(0);
    for (let c = 0; c < 4; c++) {
      let column = 0;
      for (let r = 0; r < 4; r++) column ^= lookup(state[4 * ((c + step * r) & 3) + r], r);
      columns[c] = column;
    }
    returnColumns(cpu, true);
  });

const ROUNDS: readonly [mnemonic: string, opcode: string, compute: HelperRef][] = [
  ['aesenc', 'DC', round('aesenc', 1, (x, r) => rotate(FORWARD[x], 8 * r))],
  ['aesenclast', 'DD', round('aesenclast', 1, (x, r) => SUBSTITUTION[x] << (8 * r))],
  ['aesdec', 'DE', round('aesdec', 3, (x, r) => rotate(BACKWARD[x], 8 * r))],
  ['aesdeclast', 'DF', round('aesdeclast', 3, (x, r) => INVERSE[x] << (8 * r))],
];
for (const [mnemonic, opcode, compute] of ROUNDS) {
  instruction({
    mnemonic,
    encodings: { [`66 0F 38 ${opcode} /r`]: 'Vx,Wx' },
    cpuid: 'AES',
    unit: 'sse',
    exec(ir, dst, src) {
      const key = aligned(ir, src);
      ir.write(dst, ir.call(compute, 'v128', [ir.read(dst), key]));
    },
  });
}

const inverseMix = helper('aesimc', (cpu) => {
  const state = cpu.args.bytes(0);
  for (let c = 0; c < 4; c++) {
    let column = 0;
    for (let r = 0; r < 4; r++) column ^= rotate(inverseColumn(state[4 * c + r]), 8 * r);
    columns[c] = column;
  }
  returnColumns(cpu, false);
});
instruction({
  mnemonic: 'aesimc',
  encodings: { '66 0F 38 DB /r': 'Vx,Wx' },
  cpuid: 'AES',
  unit: 'sse',
  exec(ir, dst, src) {
    ir.write(dst, ir.call(inverseMix, 'v128', [aligned(ir, src)]));
  },
});

const keyAssist = helper('aeskeygenassist', (cpu) => {
  const state = cpu.args.bytes(0);
  const constant = cpu.args.u32(1);
  const substituted = (at: number): number =>
    SUBSTITUTION[state[at]] |
    (SUBSTITUTION[state[at + 1]] << 8) |
    (SUBSTITUTION[state[at + 2]] << 16) |
    (SUBSTITUTION[state[at + 3]] << 24);
  for (const [i, at] of [4, 12].entries()) {
    const word = substituted(at);
    columns[2 * i] = word;
    columns[2 * i + 1] = rotate(word, 24) ^ constant;
  }
  returnColumns(cpu, false);
});
instruction({
  mnemonic: 'aeskeygenassist',
  encodings: { '66 0F 3A DF /r ib': 'Vx,Wx,Ib' },
  cpuid: 'AES',
  unit: 'sse',
  exec(ir, dst, src, imm) {
    const constant = ir.zext(ir.read(imm), 'i32');
    ir.write(dst, ir.call(keyAssist, 'v128', [aligned(ir, src), constant]));
  },
});

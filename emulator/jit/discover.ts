// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which code a region takes in: the basic blocks of one page that control reaches from where the region begins, as far as the
 * interpreter has been there.
 *
 * Where control comes back to after calls, and, if a jump is computed, where the interpreter often began, are entries too: control leaves the region
 * there and comes back, often from itself.
 *
 * A block ends at a branch, before an instruction that begins another block, and before one that the compiler leaves to the interpreter. A
 * branch target that the interpreter never entered is cold: nothing is decoded there, and the branch leaves the region.
 */
import type { Decoded } from '../decode/decode.ts';
import { isNear, type RunCache, type RunMode, type Variant } from '../interp/runs.ts';
import { type Summary, summaryOf } from './summary.ts';

export interface Instruction {
  d: Decoded;
  variant: Variant;
  summary: Summary;
  /** Its offset in the page, and the next one's. */
  offset: number;
  next: number;
}
export interface Block {
  offset: number;
  instructions: Instruction[];
  /** Offset of what follows where control does not branch away; -1 behind an unconditional branch. */
  next: number;
  /** Why the block ends: it goes on at `next`, branches, or the instruction at `next` is left to the interpreter. */
  end: 'falls' | 'branches' | 'interpret';
  /** Static target of the branch, as an offset from the page; undefined if computed. */
  target: number | undefined;
}

const PAGE = 4096;
/** Instructions of a region. */
export const MAXIMUM_REGION = 400;

export interface CodePage {
  runs: RunCache;
  page: number;
  /** Host address of its first byte. */
  bytes: number;
  mode: RunMode;
}

/** The block that begins at `offset`, up to a branch; undefined where nothing can be compiled. */
function decodeBlock(code: CodePage, offset: number, room: number): Block {
  const { runs, bytes, mode } = code;
  const block: Block = { offset, instructions: [], next: -1, end: 'falls', target: undefined };
  let at = offset;
  for (let n = 0; ; n++) {
    block.next = at;
    if (at >= PAGE || n >= room) return block;
    const d = runs.decodeAt(at, bytes, mode);
    if (typeof d === 'string') {
      block.end = 'interpret';
      return block;
    }
    const { unit } = d.record;
    const j = d.operands.find((o) => o.k === 'j');
    const next = at + d.length;
    const target = j?.k === 'j' ? next + j.rel : undefined;
    const variant = runs.variant(d, mode, target !== undefined && isNear(target, d, mode));
    const summary = summaryOf(variant);
    if ((unit && mode.units[unit] !== 'ready') || !summary.compiles || (d.record.bitString && mode.code !== 64 && d.memory)) {
      block.end = 'interpret';
      return block;
    }
    block.instructions.push({ d, variant, summary, offset: at, next });
    at = next;
    if (summary.jumps !== 'never') {
      block.end = 'branches';
      // 16-bit branches wrap at 64 KiB: only within a page of 16-bit code is it certain that they do not (see `checkEntry`).
      const stays = target !== undefined && target >= 0 && target < PAGE && mode.code === 16;
      block.target = mode.code !== 64 && d.size === 16 && !stays ? undefined : target;
      block.next = summary.jumps === 'always' ? -1 : next;
      return block;
    }
  }
}

export interface Discovery {
  /** In order of offset. */
  blocks: Block[];
  /** Offsets of blocks where the region may be entered; the hot one first. */
  entries: number[];
  /** Whether a computed jump may lead to one of them. */
  comesBack: boolean;
  instructions: number;
}
/** Entries that a computed jump makes. */
const MOST_TARGETS = 100;

/** Undefined where the first instruction cannot be compiled. */
export function discover(code: CodePage, entry: number): Discovery | undefined {
  const blocks = new Map<number, Block>();
  const entries = new Set([entry]);
  const work = [entry];
  let instructions = 0;
  let comesBack = false;
  const enter = (offset: number): void => {
    comesBack = true;
    entries.add(offset);
    work.push(offset);
  };
  for (let i = 0; i < work.length; i++) {
    const at = work[i];
    if (at < 0 || at >= PAGE || blocks.has(at) || instructions >= MAXIMUM_REGION) continue;
    const inside = containing(blocks, at);
    if (inside) {
      split(blocks, inside, at);
      continue;
    }
    const block = decodeBlock(code, at, MAXIMUM_REGION - instructions);
    cutAtNext(blocks, block);
    blocks.set(at, block);
    instructions += block.instructions.length;
    if (block.end !== 'branches') continue;
    if (block.next >= 0) work.push(block.next);
    if (block.target !== undefined && isWarm(code, block.target)) work.push(block.target);
    const last = block.instructions[block.instructions.length - 1];
    if (last.summary.calls || last.summary.helps) {
      if (isWarm(code, last.next)) enter(last.next);
    } else if (block.target === undefined && last.d.operands.some((o) => o.k === 'r' || o.k === 'm')) {
      for (const offset of code.runs.oftenEntered(code.page, code.mode, MOST_TARGETS)) enter(offset);
    }
  }
  const list = [...blocks.values()].filter((b) => b.instructions.length > 0).sort((x, y) => x.offset - y.offset);
  const all = [...entries].filter((offset) => list.some((b) => b.offset === offset));
  return all[0] === entry ? { blocks: list, entries: all, comesBack, instructions } : undefined;
}

/** Whether control has arrived there other than from the instruction before. */
const isWarm = (code: CodePage, offset: number): boolean =>
  offset >= 0 && offset < PAGE && code.runs.find(code.page, offset, code.mode) !== 0;

/** The block that has an instruction, but not its first, at `offset`. */
function containing(blocks: Map<number, Block>, offset: number): Block | undefined {
  for (const b of blocks.values()) {
    if (offset > b.offset && b.instructions.some((i) => i.offset === offset)) return b;
  }
  return undefined;
}
function split(blocks: Map<number, Block>, block: Block, at: number): void {
  const cut = block.instructions.findIndex((i) => i.offset === at);
  const rest: Block = { ...block, offset: at, instructions: block.instructions.slice(cut) };
  block.instructions.length = cut;
  block.next = at;
  block.end = 'falls';
  block.target = undefined;
  blocks.set(at, rest);
}
/** Ends a new block where a known one begins. */
function cutAtNext(blocks: Map<number, Block>, block: Block): void {
  const cut = block.instructions.findIndex((i) => i.offset !== block.offset && blocks.has(i.offset));
  if (cut < 0) return;
  block.next = block.instructions[cut].offset;
  block.instructions.length = cut;
  block.end = 'falls';
  block.target = undefined;
}

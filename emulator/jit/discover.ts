// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which code a region takes in: the basic blocks of a page that control reaches from where the region begins, as far as the
 * interpreter has been there often, and then what is often entered in other pages nearby (`pages.ts`).
 *
 * Where control comes back to after calls, and, if a jump is computed, where the interpreter often began, are entries too: control leaves the region
 * there and comes back, often from itself.
 *
 * A block ends at a branch, before an instruction that begins another block, and before one that the compiler leaves to the interpreter. A
 * branch target that the interpreter has entered seldom is cold: nothing is decoded there, and the branch leaves the region.
 */
import type { Decoded } from '../decode/decode.ts';
import { isNear, type Variant } from '../interp/records.ts';
import { PAGE, pageOf, type RegionCode, samePage } from './pages.ts';
import { type Summary, summaryOf } from './summary.ts';

export interface Instruction {
  d: Decoded;
  variant: Variant;
  summary: Summary;
  /** Its offset from the region's first page, and the next one's. */
  offset: number;
  next: number;
}
export interface Block {
  offset: number;
  instructions: Instruction[];
  /** Offset of what follows where control does not branch away; none behind an unconditional branch. */
  next: number | undefined;
  /** Why the block ends: it goes on at `next`, branches, or the instruction at `next` is left to the interpreter. */
  end: 'falls' | 'branches' | 'interpret';
  /** Static target of the branch, as an offset from the page; undefined if computed. */
  target: number | undefined;
}

/** Instructions of a region. */
export const MAXIMUM_REGION = 400;

/** The block that begins at `offset`, up to a branch; undefined where nothing can be compiled. */
function decodeBlock(code: RegionCode, offset: number, room: number): Block {
  const { runs, mode } = code;
  const { bytes } = code.at(offset)!;
  const page = pageOf(offset);
  const block: Block = { offset, instructions: [], next: offset, end: 'falls', target: undefined };
  let at = offset;
  for (let n = 0; ; n++) {
    block.next = at;
    if (at >= page + PAGE || n >= room) return block;
    const d = runs.decodeAt(at - page, bytes, mode);
    if (typeof d === 'string') {
      block.end = 'interpret';
      return block;
    }
    const { unit } = d.record;
    const j = d.operands.find((o) => o.k === 'j');
    const next = at + d.length;
    const target = j?.k === 'j' ? next + j.rel : undefined;
    const variant = runs.variant(d, mode, target !== undefined && isNear(target - page, d, mode));
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
      block.next = summary.jumps === 'always' ? undefined : next;
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
export function discover(code: RegionCode, entry: number): Discovery | undefined {
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
  /** In other pages than the branches to them: last, so that they take no room from what is near. */
  const outside: number[] = [];
  const follow = (from: number, to: number): void => {
    if (!samePage(from, to)) outside.push(to);
    else if (isWarm(code, to)) work.push(to);
  };
  while (work.length > 0 || outside.length > 0) {
    const near = work.length > 0;
    const at = near ? work.shift()! : outside.shift()!;
    if (blocks.has(at) || instructions >= MAXIMUM_REGION || !(near || code.reach(at))) continue;
    const inside = containing(blocks, at);
    if (inside) {
      split(blocks, inside, at);
      continue;
    }
    const block = decodeBlock(code, at, MAXIMUM_REGION - instructions);
    cutAtNext(blocks, block);
    blocks.set(at, block);
    instructions += block.instructions.length;
    if (block.end === 'interpret') continue;
    const { next } = block;
    if (next !== undefined && !samePage(at, next)) outside.push(next);
    if (block.end === 'falls') continue;
    if (next !== undefined && samePage(at, next)) work.push(next);
    if (block.target !== undefined) follow(at, block.target);
    const last = block.instructions[block.instructions.length - 1];
    if (last.summary.calls || last.summary.helps) {
      if (isWarm(code, last.next)) enter(last.next);
    } else if (block.target === undefined && last.d.operands.some((o) => o.k === 'r' || o.k === 'm')) {
      const page = pageOf(at);
      for (const offset of code.runs.oftenEntered(code.at(at)!.page, code.mode, MOST_TARGETS)) enter(page + offset);
    }
  }
  const list = [...blocks.values()].filter((b) => b.instructions.length > 0).sort((x, y) => x.offset - y.offset);
  const all = [...entries].filter((offset) => list.some((b) => b.offset === offset));
  return all[0] === entry ? { blocks: list, entries: all, comesBack, instructions } : undefined;
}

/** Whether it is worth taking in. */
const isWarm = (code: RegionCode, offset: number): boolean => code.runs.isWarm(code.runAt(offset));

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

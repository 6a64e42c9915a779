// SPDX-License-Identifier: MIT
/**
 * @fileoverview Regular expressions: the leftmost match, and of those that begin there the longest (POSIX.1-2017, XBD 9.1).
 *
 * Extents come from a deterministic automaton that is built as it is used: a state is a set of instructions that may be next, with what
 * assertions need to know of the byte before; a step on a byte (or on the end) first lets assertions decide, then says whether a
 * match ends in front of that byte, then goes on. Bytes that no set tells apart share a class. The table is thrown away when
 * it has grown to {@link MOST_STATES}.
 *
 * Groups are found afterwards within the known extent by trying ways in order, never the same instruction at the same place twice: time
 * and space are bounded by their product. Among ways to the longest match, repetitions are as long as possible from left to right
 * and earlier alternatives come first (where POSIX prefers the longer alternative). Expressions with back-references are only
 * tried way by way, all of them, which may take exponential time as it does everywhere.
 */
import { Assertion, EXTENDED, IGNORE_CASE, isWordByte, Kind, Node, Parser, WHOLE, WORDS } from './parse';
import { holds, Op, Program } from './program';

export { BRACKET_ESCAPES, EXTENDED, IGNORE_CASE, LINES, LITERAL, WHOLE, WORDS } from './parse';

const MOST_STATES: i32 = 2000;
/** Transitions: the state times two, and whether a match ended before the step. */
const UNKNOWN: i32 = -1;
const DEAD: i32 = 0;

/** What assertions need to know of the byte before: 0 none, 1 a newline, 2 a word character, 3 another. */
const NEWLINE_BEFORE: i32 = 1;
const WORD_BEFORE: i32 = 2;
const OTHER_BEFORE: i32 = 3;
const samples: StaticArray<i32> = [-1, 0x0a, 0x61, 0x20];

/** Why the last {@link compile} gave null. */
export let regexError: string = '';

export function compile(source: string, flags: i32): Regex | null {
  return compileAny([source], flags);
}

/** Matches where one of the expressions does. */
export function compileAny(sources: string[], flags: i32): Regex | null {
  const choice = new Node(Kind.Choice);
  let groups = 0;
  let back: bool = false;
  for (let i = 0; i < sources.length; i++) {
    const parser = new Parser(sources[i], flags);
    const tree = parser.parse();
    if (parser.error.length) {
      regexError = parser.error;
      return null;
    }
    // Back-references count the groups of their own expression.
    if (groups) renumber(tree, groups);
    groups += parser.groups;
    back = back || parser.hasBack;
    choice.children.push(tree);
  }
  let tree: Node = choice.children.length == 1 ? choice.children[0] : choice;
  if (flags & WHOLE) tree = surround(tree, Assertion.TextStart, Assertion.TextEnd);
  else if (flags & WORDS) tree = surround(tree, Assertion.NoWordBefore, Assertion.NoWordBehind);
  const program = new Program(tree);
  if (program.tooBig) {
    regexError = 'regular expression too big';
    return null;
  }
  return new Regex(program, groups, back, (flags & IGNORE_CASE) != 0);
}

function renumber(node: Node, by: i32): void {
  if (node.kind == Kind.Group || node.kind == Kind.Back) node.index += by;
  for (let i = 0; i < node.children.length; i++) renumber(node.children[i], by);
}

function surround(tree: Node, before: Assertion, behind: Assertion): Node {
  const node = new Node(Kind.Sequence);
  const first = new Node(Kind.Assert);
  first.index = before;
  const last = new Node(Kind.Assert);
  last.index = behind;
  node.children.push(first);
  node.children.push(tree);
  node.children.push(last);
  return node;
}

// @ts-ignore: decorator
@inline function byteAt(text: string, at: i32): i32 {
  return <i32>(<u32>load<u16>(changetype<usize>(text) + ((<usize>at) << 1)) & 0xff);
}

export class Regex {
  /** Extent of the last match. */
  start: i32 = 0;
  end: i32 = 0;

  private readonly ops: StaticArray<u8>;
  private readonly x: StaticArray<i32>;
  private readonly y: StaticArray<i32>;
  private classes: i32 = 1;
  private readonly classOf: StaticArray<u8> = new StaticArray<u8>(256);
  /** A byte of each class. */
  private readonly members: i32[] = [];
  private states: State[] = [];
  private readonly known: Map<string, i32> = new Map<string, i32>();
  private readonly entries: StaticArray<i32> = new StaticArray<i32>(8);

  private readonly seen: StaticArray<u32>;
  private generation: u32 = 0;
  private stack: i32[] = [];
  private matched: bool = false;

  constructor(
    private readonly program: Program,
    readonly groups: i32,
    private readonly hasBack: bool,
    private readonly ignoreCase: bool,
  ) {
    const count = program.ops.length;
    this.ops = StaticArray.fromArray<u8>(program.ops);
    this.x = StaticArray.fromArray<i32>(program.x);
    this.y = StaticArray.fromArray<i32>(program.y);
    this.seen = new StaticArray<u32>(count);
    this.divide();
    this.forget();
  }

  /** Puts bytes into classes: those that no set, and no assertion, tells apart. */
  private divide(): void {
    const map = new Map<string, i32>();
    const sets = this.program.sets;
    for (let byte = 0; byte < 256; byte++) {
      let key = this.program.hasAssertions ? (byte == 0x0a ? 'n' : isWordByte(byte) ? 'w' : 'o') : '';
      for (let i = 1; i < sets.length; i += 16) {
        let bits = 0;
        for (let k = i; k < min(i + 16, sets.length); k++) bits = (bits << 1) | (sets[k].members[byte] ? 1 : 0);
        key += String.fromCharCode(bits);
      }
      if (!map.has(key)) {
        map.set(key, map.size);
        this.members.push(byte);
      }
      this.classOf[byte] = <u8>map.get(key);
    }
    this.classes = map.size;
  }

  private forget(): void {
    this.states = [];
    this.known.clear();
    this.states.push(new State([], this.classes));
    this.states[0].before = 0;
    for (let i = 0; i < 8; i++) this.entries[i] = UNKNOWN;
  }

  // ---- the deterministic automaton

  /** The state in front of a match that starts where `before` was; `anywhere`: or later. */
  private entry(before: i32, anywhere: bool): i32 {
    const index = before * 2 + (anywhere ? 1 : 0);
    if (this.entries[index] == UNKNOWN) {
      this.begin();
      this.reach(anywhere ? 0 : this.program.start, -2, 0);
      this.entries[index] = this.intern(before);
    }
    return this.entries[index];
  }

  private found: i32[] = [];

  private begin(): void {
    this.found = [];
    this.matched = false;
    if (++this.generation == 0) {
      for (let i = 0; i < this.seen.length; i++) this.seen[i] = 0;
      this.generation = 1;
    }
  }

  /** Collects what can be reached without a byte. `before` -2: assertions are left for later. */
  private reach(from: i32, before: i32, behind: i32): void {
    const stack = this.stack;
    stack.push(from);
    while (stack.length) {
      const at = stack.pop();
      if (unchecked(this.seen[at]) == this.generation) continue;
      unchecked((this.seen[at] = this.generation));
      switch (<i32>unchecked(this.ops[at])) {
        case Op.Match:
          this.matched = true;
          this.found.push(at);
          break;
        case Op.Set:
          this.found.push(at);
          break;
        case Op.Split:
          stack.push(unchecked(this.y[at]));
          stack.push(unchecked(this.x[at]));
          break;
        case Op.Jump:
          stack.push(unchecked(this.x[at]));
          break;
        case Op.Assert:
          if (before == -2) this.found.push(at);
          else if (holds(unchecked(this.x[at]), before, behind)) stack.push(at + 1);
          break;
        default:
          stack.push(at + 1);
      }
    }
  }

  /** The number of the state of what has been collected. */
  private intern(before: i32): i32 {
    if (!this.found.length) return DEAD;
    this.found.sort((a, b) => a - b);
    let key = String.fromCharCode(this.program.hasAssertions ? before : 0);
    for (let i = 0; i < this.found.length; i++) key += String.fromCharCode(this.found[i] & 0xffff, this.found[i] >> 16);
    if (this.known.has(key)) return this.known.get(key);
    const state = new State(this.found, this.classes);
    state.before = before;
    this.states.push(state);
    this.known.set(key, this.states.length - 1);
    return this.states.length - 1;
  }

  /** Works a transition out. `class_` of the end of the text: the number of classes. */
  private step(number: i32, class_: i32): i32 {
    const state = this.states[number];
    const byte = class_ == this.classes ? -1 : this.members[class_];
    let now = state.instructions;
    this.begin();
    const before = samples[state.before];
    for (let i = 0; i < now.length; i++) this.reach(now[i], before, byte);
    const matched = this.matched;
    now = this.found;
    this.begin();
    if (byte >= 0) {
      const sets = this.program.sets;
      for (let i = 0; i < now.length; i++) {
        const at = now[i];
        if (this.ops[at] == Op.Set && sets[this.x[at]].members[byte]) this.reach(at + 1, -2, 0);
      }
    }
    const next = this.intern(beforeOf(byte));
    const result = next * 2 + (matched ? 1 : 0);
    state.next[class_] = result;
    return result;
  }

  private crowded(): bool {
    if (this.states.length < MOST_STATES) return false;
    this.forget();
    return true;
  }

  /** Whether a match begins at `from` or later. */
  private exists(text: string, from: i32): bool {
    this.crowded();
    let state = this.entry(from ? beforeOf(byteAt(text, from - 1)) : 0, true);
    const length = text.length;
    for (let at = from; at <= length; at++) {
      const class_ = at < length ? <i32>unchecked(this.classOf[byteAt(text, at)]) : this.classes;
      let next = unchecked(unchecked(this.states[state]).next[class_]);
      if (next == UNKNOWN) next = this.step(state, class_);
      if (next & 1) return true;
      state = next >> 1;
      if (this.states.length >= MOST_STATES) state = this.renew(state);
    }
    return false;
  }

  /** Throws away all states but one, whose new number is the result. */
  private renew(number: i32): i32 {
    const state = this.states[number];
    this.forget();
    if (number == DEAD) return DEAD;
    this.found = state.instructions;
    return this.intern(state.before);
  }

  /** Where the longest match that begins at `from` ends, or -1. */
  private longestFrom(text: string, from: i32): i32 {
    this.crowded();
    let state = this.entry(from ? beforeOf(byteAt(text, from - 1)) : 0, false);
    const length = text.length;
    let end = -1;
    for (let at = from; at <= length; at++) {
      const class_ = at < length ? <i32>unchecked(this.classOf[byteAt(text, at)]) : this.classes;
      let next = unchecked(unchecked(this.states[state]).next[class_]);
      if (next == UNKNOWN) next = this.step(state, class_);
      if (next & 1) end = at;
      state = next >> 1;
      if (state == DEAD) break;
      if (this.states.length >= MOST_STATES) state = this.renew(state);
    }
    return end;
  }

  // ---- matching

  /** Whether there is a match anywhere. */
  test(text: string): bool {
    return this.hasBack ? this.find(text, 0) : this.exists(text, 0);
  }

  /** The first match that begins at `from` or later: sets {@link start} and {@link end}. */
  find(text: string, from: i32): bool {
    if (from > text.length || (!this.hasBack && !this.exists(text, from))) return false;
    for (let start = from; start <= text.length; start++) {
      const end = this.hasBack ? this.tryWays(text, start, -1) : this.longestFrom(text, start);
      if (end < 0) continue;
      this.start = start;
      this.end = end;
      this.grouped = this.hasBack;
      return true;
    }
    return false;
  }

  private slots: StaticArray<i32> = new StaticArray<i32>(0);
  private best: StaticArray<i32> = new StaticArray<i32>(0);
  private grouped: bool = false;

  /** Start of a group in the match of `text` just found, or -1 if it took no part. Group 0 is the match. */
  groupStart(text: string, index: i32): i32 {
    return this.group(text, 2 * index);
  }
  groupEnd(text: string, index: i32): i32 {
    return this.group(text, 2 * index + 1);
  }
  /** What a group matched; empty if it took no part. */
  groupText(text: string, index: i32): string {
    const start = this.groupStart(text, index);
    return start < 0 ? '' : text.substring(start, this.groupEnd(text, index));
  }

  private group(text: string, slot: i32): i32 {
    if (slot < 2) return slot ? this.end : this.start;
    if (slot > 2 * this.groups + 1) return -1;
    if (!this.grouped) {
      this.tryWays(text, this.start, this.end);
      this.grouped = true;
    }
    return this.best[slot];
  }

  /**
   * Tries ways in order from `start`. With `end` known the first one to it counts, and no place is tried twice; without (-1) all are tried
   * for the longest. Leaves groups in {@link best}; the end, or -1.
   */
  private tryWays(text: string, start: i32, end: i32): i32 {
    const program = this.program;
    const groupSlots = 2 * this.groups + 2;
    if (this.slots.length != groupSlots + program.marks) {
      this.slots = new StaticArray<i32>(groupSlots + program.marks);
      this.best = new StaticArray<i32>(groupSlots);
    }
    const slots = this.slots;
    for (let i = 0; i < slots.length; i++) slots[i] = -1;
    const width = end < 0 ? 0 : end - start + 1;
    const tried = new StaticArray<u8>(end < 0 ? 0 : <i32>(<i64>this.ops.length * width + 7) >> 3);
    // Ways not yet tried: instruction and place; or, with the instruction below 0, a slot to put back.
    const ways: i32[] = [];
    ways.push(program.start);
    ways.push(start);
    let longest = -1;
    while (ways.length) {
      let at = ways.pop();
      let pc = ways.pop();
      if (pc < 0) {
        slots[-pc - 1] = at;
        continue;
      }
      while (true) {
        if (end >= 0) {
          const place = pc * width + at - start;
          if (<i32>tried[place >> 3] & (1 << (place & 7))) break;
          tried[place >> 3] = <u8>(<i32>tried[place >> 3] | (1 << (place & 7)));
        }
        const op = <i32>this.ops[pc];
        const x = this.x[pc];
        if (op == Op.Match) {
          if (end < 0 ? at > longest : at == end) {
            longest = at;
            for (let i = 0; i < groupSlots; i++) this.best[i] = slots[i];
            if (end >= 0) return end;
          }
          break;
        }
        if (op == Op.Split) {
          ways.push(this.y[pc]);
          ways.push(at);
          pc = x;
        } else if (op == Op.Jump) pc = x;
        else if (op == Op.Save || op == Op.Mark) {
          const slot = op == Op.Save ? x : groupSlots + x;
          ways.push(-slot - 1);
          ways.push(slots[slot]);
          slots[slot] = at;
          pc++;
        } else if (op == Op.Progress) {
          if (slots[groupSlots + x] == at) break;
          pc++;
        } else if (op == Op.Assert) {
          if (!holds(x, at ? byteAt(text, at - 1) : -1, at < text.length ? byteAt(text, at) : -1)) break;
          pc++;
        } else if (op == Op.Back) {
          const count = this.repeated(text, at, slots[2 * x], slots[2 * x + 1]);
          if (count < 0) break;
          at += count;
          pc++;
        } else {
          if (at >= text.length || (end >= 0 && at >= end) || !program.sets[x].members[byteAt(text, at)]) break;
          at++;
          pc++;
        }
      }
    }
    return longest;
  }

  /** How many bytes at `at` repeat what a group matched, or -1. */
  private repeated(text: string, at: i32, start: i32, end: i32): i32 {
    if (start < 0 || end < start || at + end - start > text.length) return -1;
    for (let i = 0; i < end - start; i++) {
      const a = byteAt(text, start + i);
      const b = byteAt(text, at + i);
      if (a != b && !(this.ignoreCase && (a | 0x20) == (b | 0x20) && isWordByte(a) && a != 0x5f && a > 0x39)) return -1;
    }
    return end - start;
  }
}

function beforeOf(byte: i32): i32 {
  return byte < 0 ? 0 : byte == 0x0a ? NEWLINE_BEFORE : isWordByte(byte) ? WORD_BEFORE : OTHER_BEFORE;
}

class State {
  before: i32 = 0;
  readonly next: StaticArray<i32>;
  constructor(
    readonly instructions: i32[],
    classes: i32,
  ) {
    this.next = new StaticArray<i32>(classes + 1);
    for (let i = 0; i <= classes; i++) this.next[i] = UNKNOWN;
  }
}

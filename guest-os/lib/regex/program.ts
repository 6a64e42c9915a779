// SPDX-License-Identifier: MIT
/**
 * @fileoverview Trees of regular expressions to programs of a nondeterministic automaton.
 *
 * Instructions go on to the next one, but for Split (two ways, the preferred first) and Jump. Save notes the position for a group's start or
 * end; Mark and Progress surround the body of a loop that may match nothing, so that a matcher which tries ways one by one ends.
 *
 * A program begins with a loop over any byte: started there it finds a match anywhere, started behind it only where it begins.
 */
import { Assertion, ByteSet, isWordByte as isWord, Kind, Node } from './parse';

export const enum Op {
  Match,
  /** x: index of a set. */
  Set,
  /** x, y: where to go. */
  Split,
  Jump,
  /** x: slot. */
  Save,
  /** x: assertion. */
  Assert,
  /** x: group. */
  Back,
  /** x: mark. */
  Mark,
  Progress,
}

/** Instructions; beyond that an expression is refused. */
const MOST: i32 = 100000;

export class Program {
  readonly ops: u8[] = [];
  readonly x: i32[] = [];
  readonly y: i32[] = [];
  readonly sets: ByteSet[] = [];
  marks: i32 = 0;
  tooBig: bool = false;
  hasAssertions: bool = false;
  /** Where a match that begins here is looked for; 0 looks for one anywhere. */
  start: i32 = 0;

  constructor(tree: Node) {
    const any = new ByteSet();
    any.invert();
    this.add(Op.Split, 3, 1);
    this.addSet(any);
    this.add(Op.Jump, 0);
    this.start = this.ops.length;
    this.node(tree);
    this.add(Op.Match);
  }

  private add(op: Op, x: i32 = 0, y: i32 = 0): i32 {
    if (this.ops.length >= MOST) {
      this.tooBig = true;
      return 0;
    }
    this.ops.push(<u8>op);
    this.x.push(x);
    this.y.push(y);
    return this.ops.length - 1;
  }
  private addSet(set: ByteSet): void {
    this.sets.push(set);
    this.add(Op.Set, this.sets.length - 1);
  }

  private node(node: Node): void {
    if (this.tooBig) return;
    switch (node.kind) {
      case Kind.Set:
        this.addSet(node.set!);
        break;
      case Kind.Sequence:
        for (let i = 0; i < node.children.length; i++) this.node(node.children[i]);
        break;
      case Kind.Choice:
        this.choice(node);
        break;
      case Kind.Repeat:
        this.repeat(node);
        break;
      case Kind.Group:
        this.add(Op.Save, 2 * node.index);
        this.node(node.children[0]);
        this.add(Op.Save, 2 * node.index + 1);
        break;
      case Kind.Assert:
        this.hasAssertions = true;
        this.add(Op.Assert, node.index);
        break;
      case Kind.Back:
        this.add(Op.Back, node.index);
        break;
      case Kind.Empty:
        break;
    }
  }

  private choice(node: Node): void {
    const jumps: i32[] = [];
    const last = node.children.length - 1;
    for (let i = 0; i <= last; i++) {
      const split = i < last ? this.add(Op.Split, this.ops.length + 1) : 0;
      this.node(node.children[i]);
      if (i == last) break;
      jumps.push(this.add(Op.Jump));
      this.y[split] = this.ops.length;
    }
    for (let i = 0; i < jumps.length; i++) this.x[jumps[i]] = this.ops.length;
  }

  private repeat(node: Node): void {
    const child = node.children[0];
    // What can match nothing does so once at least, so that its groups are set.
    const least = node.least == 0 && node.most != 0 && canBeEmpty(child, false) ? 1 : node.least;
    for (let i = 0; i < least && !this.tooBig; i++) this.node(child);
    if (node.most < 0) {
      const split = this.add(Op.Split, this.ops.length + 1);
      this.body(child);
      this.add(Op.Jump, split);
      this.y[split] = this.ops.length;
      return;
    }
    const splits: i32[] = [];
    for (let i = least; i < node.most && !this.tooBig; i++) {
      splits.push(this.add(Op.Split, this.ops.length + 1));
      this.body(child);
    }
    for (let i = 0; i < splits.length; i++) this.y[splits[i]] = this.ops.length;
  }

  private body(child: Node): void {
    const empty = canBeEmpty(child, true);
    const mark = this.marks;
    if (empty) this.add(Op.Mark, this.marks++);
    this.node(child);
    if (empty) this.add(Op.Progress, mark);
  }
}

/** Whether it can match nothing anywhere, or `somewhere`, where an assertion or back-reference decides. */
function canBeEmpty(node: Node, somewhere: bool): bool {
  switch (node.kind) {
    case Kind.Set:
      return false;
    case Kind.Sequence:
      for (let i = 0; i < node.children.length; i++) if (!canBeEmpty(node.children[i], somewhere)) return false;
      return true;
    case Kind.Choice:
      for (let i = 0; i < node.children.length; i++) if (canBeEmpty(node.children[i], somewhere)) return true;
      return false;
    case Kind.Repeat:
      return node.least == 0 || canBeEmpty(node.children[0], somewhere);
    case Kind.Group:
      return canBeEmpty(node.children[0], somewhere);
    case Kind.Assert:
    case Kind.Back:
      return somewhere;
  }
  return true;
}

/** Whether an assertion holds between two bytes, -1 standing for the ends of the text. */
export function holds(assertion: i32, before: i32, behind: i32): bool {
  const left = before >= 0 && isWord(before);
  const right = behind >= 0 && isWord(behind);
  switch (assertion) {
    case Assertion.TextStart:
      return before < 0;
    case Assertion.TextEnd:
      return behind < 0;
    case Assertion.LineStart:
      return before < 0 || before == 0x0a;
    case Assertion.LineEnd:
      return behind < 0 || behind == 0x0a;
    case Assertion.WordStart:
      return !left && right;
    case Assertion.WordEnd:
      return left && !right;
    case Assertion.Boundary:
      return left != right;
    case Assertion.NoBoundary:
      return left == right;
    case Assertion.NoWordBefore:
      return !left;
    case Assertion.NoWordBehind:
      return !right;
  }
  return false;
}

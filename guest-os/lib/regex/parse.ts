// SPDX-License-Identifier: MIT
/**
 * @fileoverview Regular expressions to trees: POSIX.1-2017, XBD chapter 9, basic and extended, in the C locale, where a character is a byte.
 *
 * Beyond POSIX, as GNU has it and scripts use it: \+ \? \| in basic expressions, back-references in extended ones, \< \> \b \B \w \W \s \S
 * and \` \' in both. What POSIX leaves undefined is read as GNU reads it: * at the start is itself, { that begins no interval too.
 */
export const EXTENDED: i32 = 1;
export const IGNORE_CASE: i32 = 2;
/** No character is special. */
export const LITERAL: i32 = 4;
/** ^ and $ match at every line of the text. */
export const LINES: i32 = 8;
/** The whole text must match. */
export const WHOLE: i32 = 16;
/** No word character may stand before or behind the match. */
export const WORDS: i32 = 32;
/** A backslash also escapes within brackets, as in awk. */
export const BRACKET_ESCAPES: i32 = 64;

/** Most repetitions that an interval may ask for (RE_DUP_MAX of GNU; illumos has 255). */
const MOST_REPEATS: i32 = 32767;
/** Groups may nest so deep that nobody writes it, but the stack holds it. */
const DEEPEST: i32 = 500;

export const enum Kind {
  Empty,
  Set,
  Sequence,
  Choice,
  Repeat,
  Group,
  Assert,
  Back,
}

/** What holds between two characters, of the one before and the one behind. */
export const enum Assertion {
  TextStart,
  TextEnd,
  LineStart,
  LineEnd,
  WordStart,
  WordEnd,
  Boundary,
  NoBoundary,
  NoWordBefore,
  NoWordBehind,
}

/** A set of bytes. */
export class ByteSet {
  readonly members: StaticArray<bool> = new StaticArray<bool>(256);
  add(byte: i32): void {
    this.members[byte & 0xff] = true;
  }
  addRange(first: i32, last: i32): void {
    for (let i = first; i <= last; i++) this.members[i & 0xff] = true;
  }
  invert(): void {
    for (let i = 0; i < 256; i++) this.members[i] = !this.members[i];
  }
  foldCase(): void {
    for (let i = 0x41; i <= 0x5a; i++) if (this.members[i] || this.members[i + 32]) this.members[i] = this.members[i + 32] = true;
  }
}

export class Node {
  children: Node[] = [];
  set: ByteSet | null = null;
  /** Group or back-reference number, or assertion. */
  index: i32 = 0;
  least: i32 = 0;
  /** -1: any number. */
  most: i32 = 0;
  constructor(readonly kind: Kind) {}
}

export function isWordByte(byte: i32): bool {
  return byte == 0x5f || <u32>(byte - 0x30) < 10 || <u32>((byte | 0x20) - 0x61) < 26;
}

/** Whether a character belongs to a class, one of those for which {@link isClass} holds. */
export function inClass(name: string, c: i32): bool {
  const upper = <u32>(c - 0x41) < 26;
  const lower = <u32>(c - 0x61) < 26;
  const digit = <u32>(c - 0x30) < 10;
  if (name == 'alpha') return upper || lower;
  if (name == 'digit') return digit;
  if (name == 'alnum') return upper || lower || digit;
  if (name == 'upper') return upper;
  if (name == 'lower') return lower;
  if (name == 'space') return c == 0x20 || <u32>(c - 9) < 5;
  if (name == 'blank') return c == 0x20 || c == 9;
  if (name == 'punct') return c > 0x20 && c < 0x7f && !(upper || lower || digit);
  if (name == 'print') return c >= 0x20 && c < 0x7f;
  if (name == 'graph') return c > 0x20 && c < 0x7f;
  if (name == 'cntrl') return c < 0x20 || c == 0x7f;
  return digit || <u32>((c | 0x20) - 0x61) < 6;
}
const CLASSES: string[] = [
  'alpha',
  'digit',
  'alnum',
  'upper',
  'lower',
  'space',
  'blank',
  'punct',
  'print',
  'graph',
  'cntrl',
  'xdigit',
];

export function isClass(name: string): bool {
  return CLASSES.includes(name);
}

export class Parser {
  error: string = '';
  groups: i32 = 0;
  hasBack: bool = false;
  private at: i32 = 0;
  private depth: i32 = 0;
  private readonly extended: bool;
  private closed: bool[] = [];

  constructor(
    private readonly text: string,
    private readonly flags: i32,
  ) {
    this.extended = (flags & EXTENDED) != 0;
  }

  /** The tree; meaningless if {@link error} is not empty afterwards. */
  parse(): Node {
    const node = this.flags & LITERAL ? this.literal() : this.choice();
    if (!this.error.length && this.at < this.text.length) this.error = 'unmatched )';
    return node;
  }

  private literal(): Node {
    const node = new Node(Kind.Sequence);
    while (this.at < this.text.length) node.children.push(this.byte(this.text.charCodeAt(this.at++)));
    return node;
  }

  private byte(byte: i32): Node {
    const node = new Node(Kind.Set);
    const set = new ByteSet();
    set.add(byte);
    return this.setNode(set, node);
  }
  private setNode(set: ByteSet, node: Node = new Node(Kind.Set)): Node {
    if (this.flags & IGNORE_CASE) set.foldCase();
    node.set = set;
    return node;
  }
  private assertion(index: Assertion): Node {
    const node = new Node(Kind.Assert);
    node.index = index;
    return node;
  }

  private code(at: i32): i32 {
    return at < this.text.length ? this.text.charCodeAt(at) : -1;
  }
  /** An operator: bare in extended, behind a backslash in basic expressions. */
  private isOperator(at: i32, letter: i32): bool {
    return this.extended ? this.code(at) == letter : this.code(at) == 0x5c && this.code(at + 1) == letter;
  }
  private takeOperator(letter: i32): bool {
    if (!this.isOperator(this.at, letter)) return false;
    this.at += this.extended ? 1 : 2;
    return true;
  }

  private choice(): Node {
    if (++this.depth > DEEPEST) {
      this.error = 'regular expression too deep';
      return new Node(Kind.Empty);
    }
    const first = this.sequence();
    let node = first;
    if (this.isOperator(this.at, 0x7c)) {
      node = new Node(Kind.Choice);
      node.children.push(first);
      while (!this.error.length && this.takeOperator(0x7c)) node.children.push(this.sequence());
    }
    this.depth--;
    return node;
  }

  private sequence(): Node {
    const node = new Node(Kind.Sequence);
    while (this.at < this.text.length && !this.error.length) {
      if (this.isOperator(this.at, 0x7c)) break;
      if (this.isOperator(this.at, 0x29) && this.depth > 1) break;
      const atom = this.atom(node.children.length == 0);
      if (!atom) break;
      node.children.push(this.repeated(atom));
    }
    return node;
  }

  private repeated(atom: Node): Node {
    let node = atom;
    // In basic expressions, * behind the anchor ^ is itself.
    if (!this.extended && atom.kind == Kind.Assert && (atom.index == Assertion.LineStart || atom.index == Assertion.TextStart))
      return node;
    while (this.at < this.text.length && !this.error.length) {
      let least = 0;
      let most = -1;
      if (this.code(this.at) == 0x2a) this.at++;
      else if (this.takeOperator(0x2b)) least = 1;
      else if (this.takeOperator(0x3f)) most = 1;
      else if (this.isOperator(this.at, 0x7b)) {
        const start = this.at;
        this.at += this.extended ? 1 : 2;
        least = this.number();
        most = least;
        if (this.code(this.at) == 0x2c) {
          this.at++;
          most = this.number();
          if (least < 0) least = 0;
        }
        const ended = this.takeOperator(0x7d);
        if (!ended || least < 0) {
          if (!this.extended) {
            this.error = ended ? 'bad interval' : 'unmatched \\{';
            return node;
          }
          this.at = start;
          return node;
        }
        if (least > MOST_REPEATS || most > MOST_REPEATS || (most >= 0 && most < least)) {
          this.error = most > MOST_REPEATS || least > MOST_REPEATS ? 'regular expression too big' : 'bad interval';
          return node;
        }
      } else break;
      if (atom.kind == Kind.Assert && (this.extended || this.text.charCodeAt(this.at - 1) == 0x7d)) {
        this.error = 'nothing to repeat';
        return node;
      }
      const outer = new Node(Kind.Repeat);
      outer.children.push(node);
      outer.least = least;
      outer.most = most;
      node = outer;
    }
    return node;
  }

  /** Digits, or -1 where there are none. */
  private number(): i32 {
    let value = -1;
    while (<u32>(this.code(this.at) - 0x30) < 10) {
      value = min(max(value, 0) * 10 + this.code(this.at) - 0x30, MOST_REPEATS + 1);
      this.at++;
    }
    return value;
  }

  /** Null where the sequence ends. */
  private atom(first: bool): Node | null {
    const c = this.code(this.at);
    if (c == 0x2e) {
      this.at++;
      const set = new ByteSet();
      set.invert();
      return this.setNode(set);
    }
    if (c == 0x5b) return this.bracket();
    if (c == 0x5e && (this.extended || first)) {
      this.at++;
      return this.assertion(this.flags & LINES ? Assertion.LineStart : Assertion.TextStart);
    }
    if (c == 0x24 && (this.extended || this.atEnd(this.at + 1))) {
      this.at++;
      return this.assertion(this.flags & LINES ? Assertion.LineEnd : Assertion.TextEnd);
    }
    if (this.takeOperator(0x28)) return this.group();
    if (c == 0x5c) return this.escaped();
    // Behind nothing that could be repeated, * is itself in basic expressions; in extended ones nothing is repeated.
    if (this.extended && first && (c == 0x2a || c == 0x2b || c == 0x3f)) {
      this.at++;
      return new Node(Kind.Empty);
    }
    this.at++;
    return this.byte(c);
  }

  private atEnd(at: i32): bool {
    return at == this.text.length || this.isOperator(at, 0x29) || this.isOperator(at, 0x7c);
  }

  private group(): Node | null {
    const node = new Node(Kind.Group);
    node.index = ++this.groups;
    while (this.closed.length <= node.index) this.closed.push(false);
    node.children.push(this.choice());
    if (this.error.length) return null;
    if (!this.takeOperator(0x29)) {
      this.error = 'unmatched (';
      return null;
    }
    this.closed[node.index] = true;
    return node;
  }

  private escaped(): Node | null {
    const c = this.code(this.at + 1);
    if (c < 0) {
      this.error = 'trailing backslash';
      return null;
    }
    if (!this.extended && c == 0x29) {
      this.error = 'unmatched \\)';
      return null;
    }
    if (!this.extended && c == 0x7b) {
      // \{ behind nothing.
      this.error = 'nothing to repeat';
      return null;
    }
    this.at += 2;
    if (c >= 0x31 && c <= 0x39) {
      const node = new Node(Kind.Back);
      node.index = c - 0x30;
      if (node.index >= this.closed.length || !this.closed[node.index]) {
        this.error = 'invalid back reference';
        return null;
      }
      this.hasBack = true;
      return node;
    }
    switch (c) {
      case 0x3c: // \<
        return this.assertion(Assertion.WordStart);
      case 0x3e: // \>
        return this.assertion(Assertion.WordEnd);
      case 0x62: // \b
        return this.assertion(Assertion.Boundary);
      case 0x42: // \B
        return this.assertion(Assertion.NoBoundary);
      case 0x60: // \`
        return this.assertion(Assertion.TextStart);
      case 0x27: // \'
        return this.assertion(Assertion.TextEnd);
      case 0x77: // \w
      case 0x57: // \W
      case 0x73: // \s
      case 0x53: {
        // \S
        const set = new ByteSet();
        for (let i = 0; i < 256; i++) if ((c | 0x20) == 0x77 ? isWordByte(i) : inClass('space', i)) set.add(i);
        if (!(c & 0x20)) set.invert();
        return this.setNode(set);
      }
    }
    return this.byte(c);
  }

  private bracket(): Node | null {
    const start = this.at++;
    const inverted = this.code(this.at) == 0x5e;
    if (inverted) this.at++;
    const set = new ByteSet();
    let first = true;
    while (true) {
      let c = this.code(this.at);
      if (c < 0) {
        this.at = start;
        this.error = 'unmatched [';
        return null;
      }
      if (c == 0x5d && !first) break;
      first = false;
      if (c == 0x5b && this.code(this.at + 1) == 0x3a) {
        if (!this.addClass(set)) return null;
        continue;
      }
      c = this.element();
      if (c < 0) return null;
      let last = c;
      if (this.code(this.at) == 0x2d && this.code(this.at + 1) != 0x5d && this.code(this.at + 1) >= 0) {
        this.at++;
        last = this.element();
        if (last < 0) return null;
        if (last < c) {
          this.error = 'invalid range end';
          return null;
        }
      }
      set.addRange(c, last);
    }
    this.at++;
    if (this.flags & IGNORE_CASE) set.foldCase();
    if (inverted) set.invert();
    const node = new Node(Kind.Set);
    node.set = set;
    return node;
  }

  private addClass(set: ByteSet): bool {
    const end = this.text.indexOf(':]', this.at + 2);
    const name = end < 0 ? '' : this.text.substring(this.at + 2, end);
    if (!CLASSES.includes(name)) {
      this.error = 'invalid character class';
      return false;
    }
    for (let i = 0; i < 256; i++) if (inClass(name, i)) set.add(i);
    this.at = end + 2;
    return true;
  }

  /** One character of a bracket expression, also as [.x.] or [=x=]; -1 with the error set. */
  private element(): i32 {
    const c = this.code(this.at++);
    if (c == 0x5c && (this.flags & BRACKET_ESCAPES) != 0 && this.at < this.text.length) return this.code(this.at++);
    const kind = this.code(this.at);
    if (c != 0x5b || (kind != 0x2e && kind != 0x3d)) return c;
    const value = this.code(this.at + 1);
    if (value < 0 || this.code(this.at + 2) != kind || this.code(this.at + 3) != 0x5d) {
      this.error = 'invalid collation character';
      return -1;
    }
    this.at += 4;
    return value;
  }
}

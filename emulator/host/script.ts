// SPDX-License-Identifier: MIT
/**
 * @fileoverview The expect/send script of a run: what to wait for in the console's output and what to type then.
 *
 * A pure machine: feed it the guest's output, get what to type. Steps happen in the order given. An expectation looks at the text
 * after the last match and is met at the first byte with which that text matches; so the run loop must feed bytes as the guest
 * writes them, and what is typed enters at a definite instruction. Consecutive expectations may be met by one byte.
 *
 * Output is UTF-8; malformed bytes read as U+FFFD. Two things keep the cost per byte small: expressions that cannot match a line feed
 * are tried on the current line only; and what lies more than WINDOW characters back may be forgotten.
 */

export type ScriptStep = { expect: RegExp } | { send: string };

/** Longer than any screenful or burst of messages that one expression will span. */
const WINDOW = 16_384;
/** The Enter key of a terminal. */
const ENTER = '\r';

export class ConsoleScript {
  readonly #steps: ScriptStep[];
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The byte before this one: behind ASCII the decoder holds nothing back. */
  #lastByte = 0;
  readonly #encoder = new TextEncoder();
  #next = 0;
  /** Finished lines, and the one being written. */
  #past = '';
  #line = '';
  /** Where the last match ended, in #past + #line. */
  #searchFrom = 0;
  /** Of the expectation met last. */
  lastMatch: RegExpExecArray | undefined;
  /** The step whose expression has been tried on all that came before; from then on new text decides. */
  #tried = -1;
  /** Whether that expression stays in a line. */
  #inLine = false;

  constructor(steps: readonly ScriptStep[]) {
    this.#steps = [...steps];
  }

  /** Adds a step at the end, and returns what to type at once. */
  append(step: ScriptStep): Uint8Array[] {
    this.#steps.push(step);
    return this.#advance();
  }

  get finished(): boolean {
    return this.#next === this.#steps.length;
  }

  /** What is being waited for; undefined when finished. */
  get waitingFor(): RegExp | undefined {
    const step = this.#steps[this.#next];
    return step && 'expect' in step ? step.expect : undefined;
  }

  /** Waits no longer for what it waits for, nor does what comes behind it. */
  abandon(): void {
    this.#next = this.#steps.length;
  }

  /** To be called once before the guest runs: what to type before anything was expected. */
  start(): Uint8Array[] {
    return this.#advance();
  }

  /** Takes output of the guest and returns what to type, in order. */
  feed(output: Uint8Array): Uint8Array[] {
    const typed: Uint8Array[] = [];
    for (let i = 0; i < output.length; i++) {
      const ascii = output[i] < 0x80 && this.#lastByte < 0x80;
      this.#lastByte = output[i];
      const character = ascii
        ? String.fromCharCode(output[i])
        : this.#decoder.decode(output.subarray(i, i + 1), { stream: true });
      if (character === '') continue;
      this.#line += character;
      typed.push(...this.#advance());
      if (character === '\n') {
        this.#past += this.#line;
        this.#line = '';
      }
      this.#forget();
    }
    return typed;
  }

  #advance(): Uint8Array[] {
    const typed: Uint8Array[] = [];
    for (; !this.finished; this.#next++) {
      const step = this.#steps[this.#next];
      if ('send' in step) {
        typed.push(this.#encoder.encode(step.send + ENTER));
        continue;
      }
      if (!this.#meets(step.expect)) break;
    }
    return typed;
  }

  #meets(expression: RegExp): boolean {
    if (this.#tried !== this.#next) this.#inLine = staysInLine(expression.source);
    const lineDecides = this.#tried === this.#next && this.#inLine;
    this.#tried = this.#next;
    const within = lineDecides ? this.#line : this.#past + this.#line;
    const offset = this.#past.length + this.#line.length - within.length;
    expression.lastIndex = Math.max(0, this.#searchFrom - offset);
    const match = expression.exec(within);
    if (match) this.lastMatch = match;
    if (match) this.#searchFrom = offset + match.index + match[0].length;
    return match !== null;
  }

  #forget(): void {
    if (this.#past.length + this.#line.length < 2 * WINDOW) return;
    const text = this.#past + this.#line;
    const dropped = text.length - WINDOW;
    this.#line = this.#line.slice(-WINDOW);
    this.#past = text.slice(dropped, text.length - this.#line.length);
    this.#searchFrom = Math.max(0, this.#searchFrom - dropped);
  }
}

/**
 * Whether no match can hold a line feed, nor a look-behind see one; it may say no where yes would be right. Without control
 * characters, negated classes and the escapes that could stand for either, no character of the expression matches one.
 */
function staysInLine(source: string): boolean {
  return !/\p{Cc}|\[\^|\(\?<|\\[^rtdwSbB.*+?()[\]{}|^$/\\-]/u.test(source);
}

/** Compiles REGEX as the command line defines it. Throws SyntaxError with the engine's reason. */
export function expectation(source: string): RegExp {
  return new RegExp(source, 'gm');
}

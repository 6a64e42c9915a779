// SPDX-License-Identifier: MIT
/** @fileoverview What is to be known of a property of datasets; the properties themselves are in table.ts. */

/** Kinds of datasets, as bits: those that a property is for. */
export const FILE_SYSTEM: i32 = 1;
export const VOLUME: i32 = 2;
export const SNAPSHOT: i32 = 4;

/** A count of bytes or of things; one of a few words, each of which stands for a number; a text. */
export const NUMBER: i32 = 0;
export const WORD: i32 = 1;
export const TEXT: i32 = 2;

/** Who may set it, and who has it then. */
export const INHERITED: i32 = 0;
export const OWN: i32 = 1;
/** Only when the dataset is made. */
export const ONCE: i32 = 2;
export const READ_ONLY: i32 = 3;

export class Property {
  /** Words that may be set, and what is stored for them; the first word of a number is how it is shown. */
  readonly words: string[] = [];
  readonly numbers: u64[] = [];
  /** Not among all properties: it has to be asked for. */
  isHidden: bool = false;
  /** Where its numbers are bytes, shown with a unit. */
  isBytes: bool = false;

  constructor(
    public readonly name: string,
    public readonly kind: i32,
    public readonly access: i32,
    /** Kinds of datasets that have it. */
    public readonly datasets: i32,
    public readonly number: u64,
    /** The default of a text. */
    public readonly text: string,
    /** What may be set, for messages and `zfs get` without arguments. */
    public readonly values: string,
    /** Heading of its column. */
    public readonly heading: string,
  ) {}

  /** Which number a word stands for comes to {@link wordNumber}. */
  findWord(word: string): bool {
    for (let i = 0; i < this.words.length; i++) {
      if (this.words[i] != word) continue;
      wordNumber = this.numbers[i];
      return true;
    }
    return false;
  }
  wordOf(number: u64): string {
    for (let i = 0; i < this.numbers.length; i++) if (this.numbers[i] == number) return this.words[i];
    return '-';
  }
  isFor(kind: i32): bool {
    return (this.datasets & kind) != 0;
  }
  get isReadOnly(): bool {
    return this.access == READ_ONLY;
  }
  get isInherited(): bool {
    return this.access == INHERITED;
  }
  /** Numbers stand to the right of their column. */
  get isRight(): bool {
    return this.kind == NUMBER;
  }
  /** The column is as wide as this, and wider only for texts and dates. */
  get width(): i32 {
    let width = this.heading.length;
    if (this.kind == NUMBER) width = max(width, 5);
    for (let i = 0; i < this.words.length; i++) width = max(width, this.words[i].length);
    return width;
  }
  get isFixed(): bool {
    return this.kind != TEXT && this.name != 'creation';
  }
}
export let wordNumber: u64 = 0;

// SPDX-License-Identifier: MIT
/** @fileoverview Options of zpool(8) and zfs(8): single letters in front of the operands, as getopt(3C) takes them. */

export class Arguments {
  argument: string = '';
  /** What was wrong; empty: nothing. */
  wrong: string = '';
  private at: i32 = 0;
  private inside: i32 = 0;

  /** `letters` as getopt's: a colon behind those that take an argument. */
  constructor(
    private readonly words: string[],
    private readonly letters: string,
  ) {}

  /** The next option's letter; empty: no more, or {@link wrong}. */
  next(): string {
    if (this.wrong.length) return '';
    if (!this.inside) {
      if (this.at >= this.words.length) return '';
      const word = this.words[this.at];
      if (word.length < 2 || word.charCodeAt(0) != 0x2d) return '';
      this.at++;
      if (word == '--') return '';
      this.inside = 1;
    }
    const word = this.words[this.at - 1];
    const letter = word.charAt(this.inside++);
    const rest = word.substring(this.inside);
    if (!rest.length) this.inside = 0;
    const place = letter == ':' ? -1 : this.letters.indexOf(letter);
    if (place < 0) {
      this.wrong = "invalid option '" + letter + "'";
      return '';
    }
    if (this.letters.charAt(place + 1) != ':') return letter;
    this.inside = 0;
    if (rest.length) this.argument = rest;
    else if (this.at < this.words.length) this.argument = this.words[this.at++];
    else {
      this.wrong = "missing argument for '" + letter + "' option";
      return '';
    }
    return letter;
  }

  operands(): string[] {
    return this.words.slice(this.at);
  }
}

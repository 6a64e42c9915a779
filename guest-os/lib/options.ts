// SPDX-License-Identifier: MIT
/**
 * @fileoverview Options of commands by the utility conventions of POSIX.1-2017 (XBD 12.2): single letters, which may be joined, before the
 * operands; `--` ends them; and the long names that users of GNU programs type.
 *
 *     const options = new Options(args, USAGE, 'ak:r', ['all=a', 'key=k', 'reverse=r']);
 *     for (let option = options.next(); option != ''; option = options.next()) {
 *       if (option == 'k') key = options.argument;
 *       …
 *     }
 *     if (options.failed) return 2;
 *
 * A letter with a colon behind it takes an argument. A long name stands for a letter; with `?` in front of the `=` its argument may be missing and
 * must be joined by `=`. What is wrong is said at once, with the usage.
 */
import { say } from './io';

export class Options {
  argument: string = '';
  failed: bool = false;
  private at: i32 = 1;
  private inside: i32 = 0;

  constructor(
    private readonly args: string[],
    private readonly usage: string,
    private readonly letters: string,
    private readonly names: string[] = [],
  ) {}

  /** The next option's letter; empty at the end. */
  next(): string {
    if (this.failed) return '';
    if (this.inside) return this.letter();
    if (this.at >= this.args.length) return '';
    const word = this.args[this.at];
    if (word.length < 2 || word.charCodeAt(0) != 0x2d) return '';
    this.at++;
    if (word == '--') return '';
    if (word.charCodeAt(1) == 0x2d) return this.long(word.substring(2));
    this.inside = 1;
    return this.letter();
  }

  private takesArgument(letter: string): bool {
    const at = this.letters.indexOf(letter);
    return at >= 0 && at + 1 < this.letters.length && this.letters.charCodeAt(at + 1) == 0x3a;
  }

  private letter(): string {
    const word = this.args[this.at - 1];
    const letter = word.charAt(this.inside++);
    const rest = word.substring(this.inside);
    if (!rest.length) this.inside = 0;
    if (letter == ':' || !this.letters.includes(letter)) return this.fail('illegal option -- ' + letter);
    if (!this.takesArgument(letter)) return letter;
    this.inside = 0;
    if (rest.length) this.argument = rest;
    else if (this.at < this.args.length) this.argument = this.args[this.at++];
    else return this.fail('option requires an argument -- ' + letter);
    return letter;
  }

  private long(word: string): string {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.substring(0, equals);
    let found = '';
    for (let i = 0; i < this.names.length; i++) {
      const entry = this.names[i];
      const end = entry.indexOf('=');
      const optional = entry.charCodeAt(end - 1) == 0x3f;
      const full = entry.substring(0, optional ? end - 1 : end);
      const letter = entry.substring(end + 1);
      if (full != name && !(name.length > 1 && full.startsWith(name))) continue;
      // A beginning must be the only one, unless it is a whole name.
      if (found.length && full != name && found != letter) return this.fail('ambiguous option -- ' + name);
      found = letter;
      const wants = this.takesArgument(letter);
      this.argument = equals < 0 ? '' : word.substring(equals + 1);
      if (equals >= 0 && !wants) return this.fail('option takes no argument -- ' + name);
      if (full != name) continue;
      break;
    }
    if (!found.length) return this.fail('illegal option -- ' + word);
    if (equals < 0 && this.takesArgument(found) && !this.isOptional(found)) {
      if (this.at >= this.args.length) return this.fail('option requires an argument -- ' + name);
      this.argument = this.args[this.at++];
    }
    return found;
  }

  private isOptional(letter: string): bool {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].endsWith('?=' + letter)) return true;
    return false;
  }

  /** Says what is wrong. */
  fail(text: string): string {
    this.failed = true;
    say(programName(this.args) + ': ' + text + '\n');
    showUsage(this.usage);
    return '';
  }

  /** Everything behind the options. */
  operands(): string[] {
    return this.args.slice(this.at);
  }
}

export function programName(args: string[]): string {
  return args[0].substring(args[0].lastIndexOf('/') + 1);
}

/** `usage: …` on standard error, one synopsis a line. */
export function showUsage(usage: string): void {
  say('usage: ' + usage.replaceAll('\n', '\n       ') + '\n');
}

/** For operands that are missing or too many: shows the usage, and is the exit status. */
export function misused(usage: string, status: i32 = 1): i32 {
  showUsage(usage);
  return status;
}

// SPDX-License-Identifier: MIT
/** @fileoverview test(1): conditions as the exit status, by the number of arguments as POSIX has it, then -a and -o, ! and parentheses. */
/** @manual
 * DESCRIPTION
 * Is true, with status 0, or false, with 1; 2 is a mistake.
 *
 * OPERATORS
 *   -e -f -d -h -L -p -c -b file   exists; is regular, a directory, a link, a pipe, a character or block device
 *   -r -w -x -s file               may be read, written, executed; is not empty
 *   -t n                           descriptor n is a terminal
 *   -n -z text                     is not empty, is empty
 *   a = b, a != b                  texts
 *   a -eq b, -ne -lt -le -gt -ge   numbers
 *   ! e, e -a e, e -o e, ( e )     not, and, or, grouping
 */
import * as calls from '../../lib/calls';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, status } from '../../lib/files';
import { say } from '../../lib/io';
import { parseNumber, pathOf } from '../../lib/text';

export const USAGE: string = 'test expression\n[ expression ]';

const TCGETS: i32 = 0x540d;
const scratch = memory.data(64, 8);

class Condition {
  private at: i32 = 0;
  error: string = '';
  constructor(private readonly words: string[]) {}

  evaluate(): bool {
    if (!this.words.length) return false;
    const result = this.or();
    if (this.at < this.words.length && !this.error.length) this.error = this.words[this.at] + ': unexpected operator';
    return result;
  }

  private get left(): i32 {
    return this.words.length - this.at;
  }
  private takeIf(word: string): bool {
    if (!this.left || this.words[this.at] != word) return false;
    this.at++;
    return true;
  }

  private or(): bool {
    let result = this.and();
    while (this.takeIf('-o')) result = this.and() || result;
    return result;
  }
  private and(): bool {
    let result = this.not();
    while (this.takeIf('-a')) result = this.not() && result;
    return result;
  }
  private not(): bool {
    if (this.left > 1 && !isBinaryAt(this.words, this.at) && this.takeIf('!')) return !this.not();
    return this.primary();
  }

  private primary(): bool {
    if (!this.left) {
      this.error = 'argument expected';
      return false;
    }
    if (isBinaryAt(this.words, this.at)) {
      const a = this.words[this.at];
      const operator = this.words[this.at + 1];
      const b = this.words[this.at + 2];
      this.at += 3;
      return this.binary(a, operator, b);
    }
    if (this.left > 2 && this.takeIf('(')) {
      const result = this.or();
      if (!this.takeIf(')')) this.error = 'closing paren expected';
      return result;
    }
    const word = this.words[this.at];
    if (this.left > 1 && word.length == 2 && word.startsWith('-') && 'bcdefghLknprstuwxzS'.includes(word.charAt(1))) {
      this.at += 2;
      return unary(word.charAt(1), this.words[this.at - 1]);
    }
    this.at++;
    return word.length > 0;
  }

  private number(text: string): i64 {
    const trimmed = text.trim();
    const negative = trimmed.startsWith('-');
    const value = parseNumber(negative || trimmed.startsWith('+') ? trimmed.substring(1) : trimmed);
    if (value < 0) this.error = 'Illegal number: ' + text;
    return negative ? -value : value;
  }

  private binary(a: string, operator: string, b: string): bool {
    if (operator == '=') return a == b;
    if (operator == '!=') return a != b;
    if (operator == '<') return a < b;
    if (operator == '>') return a > b;
    if (operator == '-nt' || operator == '-ot' || operator == '-ef') {
      const first = status(a, true);
      const second = status(b, true);
      if (operator == '-ef')
        return first != null && second != null && first.inode == second.inode && first.device == second.device;
      if (operator == '-nt') return first != null && (!second || first.modified > second.modified);
      return second != null && (!first || first.modified < second.modified);
    }
    const x = this.number(a);
    const y = this.number(b);
    if (operator == '-eq') return x == y;
    if (operator == '-ne') return x != y;
    if (operator == '-lt') return x < y;
    if (operator == '-le') return x <= y;
    if (operator == '-gt') return x > y;
    return x >= y;
  }
}

const BINARY: string[] = ['=', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef'];

function isBinaryAt(words: string[], at: i32): bool {
  return at + 2 < words.length && BINARY.includes(words[at + 1]);
}

function unary(letter: string, word: string): bool {
  if (letter == 'n') return word.length > 0;
  if (letter == 'z') return !word.length;
  if (letter == 't') return calls.ioctl(<i32>parseNumber(word), TCGETS, scratch) >= 0;
  if (letter == 'r') return calls.access(pathOf(word), 4) >= 0;
  if (letter == 'w') return calls.access(pathOf(word), 2) >= 0;
  if (letter == 'x') return calls.access(pathOf(word), 1) >= 0;
  const file = status(word, letter != 'h' && letter != 'L');
  if (!file) return false;
  if (letter == 'e') return true;
  if (letter == 'f') return file.type == S_IFREG;
  if (letter == 'd') return file.type == S_IFDIR;
  if (letter == 'h' || letter == 'L') return file.type == S_IFLNK;
  if (letter == 'p') return file.type == S_IFIFO;
  if (letter == 'c') return file.type == S_IFCHR;
  if (letter == 'b') return file.type == S_IFBLK;
  if (letter == 's') return file.size > 0;
  if (letter == 'u') return (file.mode & 0o4000) != 0;
  if (letter == 'g') return (file.mode & 0o2000) != 0;
  return letter == 'k' && (file.mode & 0o1000) != 0;
}

export function main(args: string[]): i32 {
  let end = args.length;
  if (args[0] == '[' || args[0].endsWith('/[')) {
    if (args[end - 1] != ']') {
      say('[: missing ]\n');
      return 2;
    }
    end--;
  }
  const condition = new Condition(args.slice(1, end));
  const result = condition.evaluate();
  if (condition.error.length) {
    say('test: ' + condition.error + '\n');
    return 2;
  }
  return result ? 0 : 1;
}

// SPDX-License-Identifier: MIT
/** @fileoverview `select` of bash: words with numbers on standard error, and who reads the answer. PS3 is the question. */
import { out, say } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { read } from '../builtins/read';
import { get, has } from '../variables/variables';

/** The word of the number that was answered, nothing if there is none; REPLY is the answer. Null: the end of input. */
export function select(words: string[]): string | null {
  let shown = false;
  while (true) {
    if (!shown) for (let i = 0; i < words.length; i++) say((i + 1).toString() + ') ' + words[i] + '\n');
    shown = true;
    say(has('PS3') ? get('PS3') : '#? ');
    if (read(['read', '-r', 'REPLY'])) {
      out('\n');
      return null;
    }
    const answer = get('REPLY').trim();
    if (!answer.length) {
      shown = false;
      continue;
    }
    const number = parseNumber(answer);
    return number >= 1 && number <= words.length ? words[<i32>number - 1] : '';
  }
}

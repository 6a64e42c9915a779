// SPDX-License-Identifier: MIT
/** @fileoverview Lines that are typed on the last row: after : / and ?. */
import { ESCAPE, GONE, isReplaying, nextKey } from './keys';
import { draw } from './screen';

/** A line typed on the last row; null: given up. */
export function typedLine(first: string): string | null {
  let line = '';
  while (true) {
    if (!isReplaying()) draw(first + line);
    const key = nextKey();
    if (key == 13 || key == 10) return line;
    if (key == ESCAPE || key == GONE || key == 3) return null;
    if (key == 8 || key == 127) {
      if (!line.length) return null;
      line = line.substring(0, line.length - 1);
    } else if (key == 21) line = '';
    else if (key == 22) line += String.fromCharCode(nextKey() & 0xff);
    else if (key >= 32 && key < 256) line += String.fromCharCode(key);
  }
}

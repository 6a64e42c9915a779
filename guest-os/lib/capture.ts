// SPDX-License-Identifier: MIT
/** @fileoverview Commands that are run for what they print: both outputs are taken, the input is empty. */
import * as calls from './calls';
import { flush, O_RDONLY, openFile } from './io';
import { PollSet } from './pollSet';
import { fork, runPath, waitFor } from './process';
import { textOf } from './text';

const ends = memory.data(16, 8);
const buffer = memory.data(8192);
const ROOM: i32 = 8192;

export class Captured {
  status: i32 = 0;
  out: string = '';
  err: string = '';
  /** What it complained of, on one line. */
  get complaint(): string {
    return this.err.trim().replaceAll('\n', '; ');
  }
}

/** A command by name, to its end. Status 127: there is none of that name. */
export function capture(words: string[]): Captured {
  const result = new Captured();
  flush();
  if (calls.pipe(ends, 0) < 0 || calls.pipe(<u64>ends + 8, 0) < 0) {
    result.status = 126;
    result.err = 'no pipe';
    return result;
  }
  const outputs: StaticArray<i32> = [load<i32>(ends), load<i32>(ends, 8)];
  const inputs: StaticArray<i32> = [load<i32>(ends, 4), load<i32>(ends, 12)];
  const pid = fork();
  if (!pid) {
    const nothing = openFile('/dev/null', O_RDONLY);
    calls.close(0);
    calls.fcntl(nothing, 0, 0);
    for (let i = 0; i < 2; i++) {
      calls.close(outputs[i]);
      calls.close(1 + i);
      calls.fcntl(inputs[i], 0, 1 + i);
    }
    // Whatever else is open is the parent's.
    for (let i = 3; i < 64; i++) calls.close(i);
    calls.exit(runPath(words[0], words, ['PATH=/usr/sbin:/usr/bin:/sbin', 'TZ=UTC']));
  }
  for (let i = 0; i < 2; i++) calls.close(inputs[i]);
  const parts: string[][] = [[], []];
  const set = new PollSet();
  while (outputs[0] >= 0 || outputs[1] >= 0) {
    set.clear();
    for (let i = 0; i < 2; i++) set.add(outputs[i]);
    if (!set.wait()) continue;
    for (let i = 0; i < 2; i++) {
      if (outputs[i] < 0 || !set.isReady(outputs[i])) continue;
      const count = <i32>calls.read(outputs[i], buffer, ROOM);
      if (count > 0) {
        parts[i].push(textOf(buffer, count));
        continue;
      }
      calls.close(outputs[i]);
      outputs[i] = -1;
    }
  }
  result.status = pid < 0 ? 126 : waitFor(pid).status;
  result.out = parts[0].join('');
  result.err = parts[1].join('');
  return result;
}

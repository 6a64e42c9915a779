// SPDX-License-Identifier: MIT
/** @fileoverview What cksum(1) and sum(1) have in common: each file is read to its end, and a line says what its bytes come to. */
import * as calls from '../../lib/calls';
import { complain, openInput, out } from '../../lib/io';

const CHUNK: usize = 16384;
const chunk = memory.data(CHUNK);

export abstract class CheckSum {
  /** Bytes so far. */
  size: u64 = 0;
  sum: u32 = 0;

  abstract add(at: usize, count: usize): void;
  /** The sum and the size, as the command prints them. */
  abstract figures(): string;
}

/** A line for each file, or for standard input, whose name is not said; 1 where one could not be read. */
export function checkSums(command: string, files: string[], sum: CheckSum): i32 {
  const named = files.length > 0;
  if (!named) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput(command, files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    sum.size = 0;
    sum.sum = 0;
    let got = calls.read(descriptor, chunk, CHUNK);
    for (; got > 0; got = calls.read(descriptor, chunk, CHUNK)) {
      sum.add(chunk, <usize>got);
      sum.size += got;
    }
    if (descriptor) calls.close(descriptor);
    if (got < 0) {
      complain(command, files[i], got);
      result = 1;
    } else out(sum.figures() + (named ? ' ' + files[i] : '') + '\n');
  }
  return result;
}

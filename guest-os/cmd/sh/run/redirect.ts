// SPDX-License-Identifier: MIT
/** @fileoverview Redirections (POSIX.1-2017, Shell Command Language, 2.7): files and descriptors in place of others, for a command or for good. */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { S_IFREG, status } from '../../../lib/files';
import { flush, O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, openFile, say } from '../../../lib/io';
import { bytesOf, parseNumber } from '../../../lib/text';
import { forkShell } from './children';
import { expandDocument, expandText } from '../expand/expand';
import { state } from '../state';
import { Redirection } from '../syntax/syntax';

/** Descriptors that the shell keeps for itself begin here. */
const SAVED: i32 = 10;

/** Pairs: descriptor, where it is kept (-1: it was not open). */
export class Saved {
  readonly pairs: i32[] = [];

  add(descriptor: i32): void {
    this.pairs.push(descriptor);
    const copy = <i32>calls.fcntl(descriptor, 37, SAVED);
    this.pairs.push(copy < 0 ? -1 : copy);
  }
}

/** Null: one of them failed, and has been complained about. */
export function redirect(redirections: Redirection[], keep: bool): Saved | null {
  const saved = new Saved();
  if (redirections.length) flush();
  for (let i = 0; i < redirections.length; i++) {
    const redirection = redirections[i];
    if (keep) saved.add(redirection.descriptor);
    // Standard error goes with it.
    if (keep && state.bash && (redirection.operator == '>&' || redirection.operator.startsWith('&>'))) saved.add(2);
    if (apply(redirection)) continue;
    restore(saved);
    return null;
  }
  return saved;
}

export function restore(saved: Saved): void {
  if (saved.pairs.length) flush();
  for (let i = saved.pairs.length - 2; i >= 0; i -= 2) {
    const descriptor = saved.pairs[i];
    const copy = saved.pairs[i + 1];
    if (copy < 0) {
      calls.close(descriptor);
    } else {
      calls.fcntl(copy, 9, descriptor);
      calls.close(copy);
    }
  }
}
export function forget(saved: Saved): void {
  for (let i = 1; i < saved.pairs.length; i += 2) if (saved.pairs[i] >= 0) calls.close(saved.pairs[i]);
}

function apply(redirection: Redirection): bool {
  const operator = redirection.operator;
  if (operator == '<<' || operator == '<<<') return move(documentPipe(redirection), redirection.descriptor);
  const target = expandText(redirection.target);
  if (state.failed) return false;
  const isDescriptor = target == '-' || parseNumber(target) >= 0;
  const both = operator.startsWith('&>') || (operator == '>&' && state.bash && !isDescriptor && redirection.descriptor == 1);
  if (!both && (operator == '<&' || operator == '>&')) {
    if (target == '-') {
      calls.close(redirection.descriptor);
      return true;
    }
    const from = <i32>parseNumber(target);
    if (from >= 0 && calls.fcntl(from, 9, redirection.descriptor) >= 0) return true;
    say(state.prefix + target + ': Bad file number\n');
    return false;
  }
  let flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (operator == '<') flags = O_RDONLY;
  else if (operator == '>>' || operator == '&>>') flags = O_WRONLY | O_CREAT | O_APPEND;
  else if (operator == '<>') flags = O_RDWR | O_CREAT;
  if (operator == '>' && state.has('C')) {
    const file = status(target, true);
    if (file && file.type == S_IFREG) {
      say(state.prefix + target + (state.bash ? ': cannot overwrite existing file\n' : ': cannot create: File exists\n'));
      return false;
    }
  }
  const opened = openFile(target, flags);
  if (opened >= 0 && both) return move(opened, 1) && calls.fcntl(1, 9, 2) >= 0;
  if (opened >= 0) return move(opened, redirection.descriptor);
  if (state.bash) say(state.prefix + target + ': ' + errorText(-opened) + '\n');
  else say(state.prefix + target + ': cannot ' + (operator == '<' ? 'open' : 'create') + ': ' + errorText(-opened) + '\n');
  return false;
}

export function move(from: i32, to: i32): bool {
  if (from < 0 || from == to) return from >= 0;
  calls.fcntl(from, 9, to);
  calls.close(from);
  return true;
}

const ends = memory.data(8, 8);

/** A pipe that a child fills with the document. */
function documentPipe(redirection: Redirection): i32 {
  const text =
    redirection.operator == '<<<'
      ? expandText(redirection.target) + '\n'
      : redirection.literal
        ? redirection.document
        : expandDocument(redirection.document);
  if (calls.pipe(ends, 0) < 0) return -1;
  const reader = load<i32>(ends);
  const writer = load<i32>(ends, 4);
  if (!forkShell()) {
    calls.close(reader);
    const bytes = bytesOf(text);
    for (let done = 0; done < text.length; ) {
      const count = calls.write(writer, <u64>changetype<usize>(bytes) + done, <u64>text.length - done);
      if (count < 0) break;
      done += <i32>count;
    }
    calls.exit(0);
  }
  calls.close(writer);
  return reader;
}

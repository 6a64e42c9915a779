// SPDX-License-Identifier: MIT
/** @fileoverview A process becomes a program: found on the PATH, or a script without `#!`, which a shell runs. */
import * as calls from '../../../lib/calls';
import { EACCES, ENOENT, ENOEXEC, errorText } from '../../../lib/errors';
import { flush, say } from '../../../lib/io';
import { execute as executeFile } from '../../../lib/process';
import { releaseKeys } from './jobs';
import { places, state } from '../state';
import { exportedList, get } from '../variables/variables';

/** Finds and executes a program; says why it cannot. Does not return. */
export function replaceBy(words: string[]): void {
  flush();
  releaseKeys();
  const name = words[0];
  let errno: i64 = ENOENT;
  if (name.includes('/')) {
    errno = tryExecute(name, words);
  } else {
    // Where it was found before; if it is not there any more, it is looked for anew.
    if (places.has(name)) errno = tryExecute(places.get(name), words);
    const path = get('PATH').split(':');
    for (let i = 0; i < path.length; i++) {
      const error = tryExecute((path[i].length ? path[i] : '.') + '/' + name, words);
      if (error == ENOENT || error == 20) continue;
      errno = error;
      if (error != EACCES) break;
    }
  }
  if (errno == ENOENT && !name.includes('/')) say(state.prefix + name + ': command not found\n');
  else say(state.prefix + name + ': ' + errorText(errno) + '\n');
  calls.exit(errno == ENOENT ? 127 : 126);
}

function tryExecute(path: string, words: string[]): i64 {
  const error = -executeFile(path, words, exportedList());
  if (error != ENOEXEC) return error;
  // A script without `#!` is the shell's own.
  const shell = state.bash ? 'bash' : 'sh';
  const script = [shell, path].concat(words.slice(1));
  return -executeFile('/usr/bin/' + shell, script, exportedList());
}

// SPDX-License-Identifier: MIT
/** @fileoverview The commands that print digests and check them: md5sum and its sisters. */
import * as calls from './calls';
import { digestOf } from './digest';
import { complain, openInput, out, Reader, say } from './io';
import { Options, programName } from './options';

const chunk = memory.data(16384);

/** Hexadecimal, or empty after a complaint. */
export function digestFile(program: string, algorithm: string, name: string): string {
  const descriptor = openInput(program, name);
  if (descriptor < 0) return '';
  const digest = digestOf(algorithm)!;
  while (true) {
    const got = calls.read(descriptor, chunk, 16384);
    if (got > 0) {
      digest.update(chunk, <i32>got);
      continue;
    }
    if (descriptor) calls.close(descriptor);
    if (got == 0) return digest.finish();
    complain(program, name, got);
    return '';
  }
}

export function sumMain(args: string[], algorithm: string, usage: string): i32 {
  const program = programName(args);
  const options = new Options(args, usage, 'bcqst', ['binary=b', 'check=c', 'quiet=q', 'status=s', 'text=t']);
  let check = false;
  let quiet = false;
  let silent = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'c') check = true;
    else if (option == 'q') quiet = true;
    else if (option == 's') silent = true;
  }
  if (options.failed) return 1;
  const files = options.operands();
  if (!files.length) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    if (check) {
      if (!checkList(program, algorithm, files[i], quiet || silent, silent)) result = 1;
      continue;
    }
    const text = digestFile(program, algorithm, files[i]);
    if (text.length) out(text + '  ' + files[i] + '\n');
    else result = 1;
  }
  return result;
}

function checkList(program: string, algorithm: string, name: string, quiet: bool, silent: bool): bool {
  const descriptor = openInput(program, name);
  if (descriptor < 0) return false;
  const reader = new Reader(descriptor);
  let failed = 0;
  let lines = 0;
  for (let line = reader.line(); line != null; line = reader.line()) {
    const space = line.indexOf(' ');
    if (space < 32 || space + 2 >= line.length) continue;
    lines++;
    const file = line.substring(space + 2);
    const text = digestFile(program, algorithm, file);
    const same = text.length > 0 && text == line.substring(0, space).toLowerCase();
    if (!same) failed++;
    if (!same ? !silent : !quiet) out(file + ': ' + (same ? 'OK' : text.length ? 'FAILED' : 'FAILED open or read') + '\n');
  }
  if (!lines) say(program + ': ' + name + ': no properly formatted checksum lines found\n');
  if (failed && !silent) say(program + ': WARNING: ' + failed.toString() + ' of the files did NOT match\n');
  return lines > 0 && !failed;
}

// SPDX-License-Identifier: MIT
/** @fileoverview Files and commands that an awk program reads from and writes to, kept open under their names until close or the end. */
import * as calls from '../../lib/calls';
import { complain, flush, O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY, openFile, Reader, Writer } from '../../lib/io';
import { defaultSignal, environment, execute, fork, waitFor } from '../../lib/process';

const SHELL: string = '/usr/bin/sh';
const SIGPIPE: i32 = 13;
const ends = memory.data(8, 8);

/** A command's process; 0 for files. */
class Output {
  constructor(
    readonly name: string,
    readonly writer: Writer,
    readonly pid: i32,
  ) {}
}
export class Input {
  constructor(
    readonly name: string,
    readonly reader: Reader,
    readonly pid: i32,
  ) {}
}
const outputs: Output[] = [];
const inputs: Input[] = [];

/** A command with its standard output, or input, in a pipe: the other end, or a negative errno. Its process is {@link child}. */
let child: i32 = 0;
function startCommand(command: string, reads: bool): i32 {
  flushAll();
  const result = calls.pipe(ends, 0);
  if (result < 0) return <i32>result;
  const from = load<i32>(ends);
  const to = load<i32>(ends + 4);
  child = fork();
  if (!child) {
    calls.close(reads ? from : to);
    calls.close(reads ? 1 : 0);
    calls.fcntl(reads ? to : from, 0, reads ? 1 : 0);
    calls.close(reads ? to : from);
    for (let i = 0; i < outputs.length; i++) calls.close(outputs[i].writer.descriptor);
    for (let i = 0; i < inputs.length; i++) calls.close(inputs[i].reader.descriptor);
    defaultSignal(SIGPIPE);
    execute(SHELL, ['sh', '-c', command], environment());
    calls.exit(127);
  }
  calls.close(reads ? to : from);
  return reads ? from : to;
}

/** Where output goes; `kind`: > >> |. Null after a complaint. */
export function outputTo(kind: string, name: string): Writer | null {
  for (let i = 0; i < outputs.length; i++) if (outputs[i].name == name) return outputs[i].writer;
  let descriptor: i32;
  let pid = 0;
  if (kind == '|') {
    descriptor = startCommand(name, false);
    pid = child;
  } else if (name == '/dev/stdout' || name == '-') descriptor = 1;
  else if (name == '/dev/stderr') descriptor = 2;
  else descriptor = openFile(name, O_WRONLY | O_CREAT | (kind == '>' ? O_TRUNC : O_APPEND));
  if (descriptor < 0) {
    complain('awk', name, descriptor);
    return null;
  }
  if (descriptor == 1 || descriptor == 2) flush();
  const output = new Output(name, new Writer(descriptor), pid);
  outputs.push(output);
  return output.writer;
}

/** Where getline reads from; null: it cannot be opened. */
export function inputFrom(isCommand: bool, name: string): Reader | null {
  for (let i = 0; i < inputs.length; i++) if (inputs[i].name == name) return inputs[i].reader;
  const descriptor = isCommand ? startCommand(name, true) : name == '-' || name == '/dev/stdin' ? 0 : openFile(name, O_RDONLY);
  if (descriptor < 0) return null;
  const input = new Input(name, new Reader(descriptor), isCommand ? child : 0);
  inputs.push(input);
  return input.reader;
}

export function flushAll(): void {
  flush();
  for (let i = 0; i < outputs.length; i++) outputs[i].writer.flush();
}

function end(descriptor: i32, pid: i32): i32 {
  if (descriptor > 2) calls.close(descriptor);
  if (!pid) return 0;
  while (true) {
    const news = waitFor(pid);
    if (news.pid != -4) return news.pid < 0 ? -1 : news.status;
  }
}

/** As close() has it: a command's exit status, 0 for a file, -1 where nothing of that name is open. */
export function closeStream(name: string): i32 {
  let result = -1;
  for (let i = 0; i < outputs.length; i++) {
    if (outputs[i].name != name) continue;
    const output = outputs[i];
    output.writer.flush();
    outputs.splice(i, 1);
    result = end(output.writer.descriptor, output.pid);
    break;
  }
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i].name != name) continue;
    const input = inputs[i];
    inputs.splice(i, 1);
    result = end(input.reader.descriptor, input.pid);
    break;
  }
  return result;
}

export function closeAll(): void {
  flushAll();
  while (outputs.length) closeStream(outputs[0].name);
  while (inputs.length) closeStream(inputs[0].name);
}

/** system(): the command's exit status. */
export function runCommand(command: string): i32 {
  flushAll();
  const pid = fork();
  if (!pid) {
    defaultSignal(SIGPIPE);
    execute(SHELL, ['sh', '-c', command], environment());
    calls.exit(127);
  }
  return end(-1, pid);
}

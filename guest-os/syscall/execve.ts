// SPDX-License-Identifier: MIT
/** @fileoverview System call 59, execve: another program in this process. */
import { E2BIG, EFAULT, failure, setError } from '../kernel/errno';
import { ARG_MAX, exec } from '../kernel/process/exec';
import { currentProcess } from '../kernel/process/processes';
import { withFrame } from '../kernel/results';
import { fetch64, fetched, fetchText } from '../kernel/memory/user';

export function execve(path: u64, argv: u64, envp: u64): i64 {
  const name = fetchText(path);
  if (name == null) return setError(failure);
  const args: string[] = [];
  const environment: string[] = [];
  let error = fetchList(argv, args);
  if (!error) error = fetchList(envp, environment);
  if (!error) error = exec(currentProcess(), name, args, environment);
  return error ? error : withFrame();
}

function fetchList(from: u64, to: string[]): i32 {
  let size = 0;
  for (let at = from; from; at += 8) {
    if (fetch64(at)) return setError(EFAULT);
    const pointer = fetched();
    if (!pointer) return 0;
    const text = fetchText(pointer, ARG_MAX);
    if (text == null) return setError(failure == EFAULT ? EFAULT : E2BIG);
    size += text.length + 9;
    if (size > ARG_MAX) return setError(E2BIG);
    to.push(text);
  }
  return 0;
}

// SPDX-License-Identifier: MIT
/** @fileoverview Questions before something is lost: on standard error, answered on standard input. */
import { Reader, say } from './io';

let answers: Reader | null = null;

/** Whether the next line of standard input begins with y. */
export function agrees(question: string): bool {
  say(question);
  if (!answers) answers = new Reader(0);
  const line = answers!.line();
  return line != null && (line.startsWith('y') || line.startsWith('Y'));
}

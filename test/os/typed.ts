// SPDX-License-Identifier: MIT
/** @fileoverview Commands with names, typed one after the other before the tests of a suite, which look at what each of them has printed. */
import { beforeAll } from 'vitest';
import type { Session } from './session.ts';

/** What a command has printed. `present`: whether the machine is there; `timeout`: milliseconds for all commands. */
export function typedBefore<Name extends string>(
  commands: Readonly<Record<Name, string>>,
  type: (commands: readonly string[]) => Session | Promise<Session>,
  present: boolean,
  timeout: number,
): (name: Name) => string {
  const names = Object.keys(commands);
  let session: Session;
  beforeAll(async () => {
    if (present) session = await type(Object.values(commands));
  }, timeout);
  return (name) => session.outputs[names.indexOf(name)];
}

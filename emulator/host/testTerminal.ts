// SPDX-License-Identifier: MIT
/** @fileoverview For tests of the command line: nobody's terminal, which keeps what it is told. */
import { main } from './commandLine.ts';
import type { MachineFactory } from './runnable.ts';

export interface Told {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `diorama` with some words, in which @ is a directory; so it is in errors. */
export async function runCommandLine(words: readonly string[], directory: string, factory: MachineFactory): Promise<Told> {
  let output = '';
  let errors = '';
  const exitCode = await main(
    words.map((word) => word.replace('@', `${directory}/`)),
    '1.2.3',
    {
      writeOutput: (bytes) => {
        output += Buffer.from(bytes).toString();
      },
      writeError: (text) => {
        errors += text.replaceAll(`${directory}/`, '@');
      },
      hasKeyboard: false,
      openKeyboard: () => () => {},
      async *readLines() {},
    },
    factory,
  );
  return { exitCode, output, errors };
}

// SPDX-License-Identifier: MIT
/** @fileoverview The terminal, or what stands in its place, of a Node process. */

import { createInterface } from 'node:readline';
import type { Terminal } from './commandLine.ts';

export function nodeTerminal(): Terminal {
  // Whoever reads us may go away (| head): then there is nobody left to write for.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    writeOutput: (bytes) => void process.stdout.write(bytes),
    writeError: (text) => void process.stderr.write(text),
    hasKeyboard: process.stdin.isTTY === true,
    async *readLines(prompt, interrupt) {
      const { stdin, stdout } = process;
      const terminal = stdin.isTTY === true;
      const lines = createInterface({ input: stdin, output: terminal ? stdout : undefined, prompt });
      lines.on('SIGINT', interrupt);
      try {
        if (terminal) lines.prompt();
        for await (const line of lines) {
          yield line;
          if (terminal) lines.prompt();
        }
      } finally {
        lines.close();
      }
    },
    openKeyboard(listener) {
      const { stdin } = process;
      const onData = (data: Buffer) => listener(data);
      stdin.setRawMode(true);
      stdin.on('data', onData);
      stdin.resume();
      return () => {
        stdin.setRawMode(false);
        stdin.off('data', onData);
        stdin.pause();
      };
    },
  };
}

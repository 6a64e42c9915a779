// SPDX-License-Identifier: MIT
/** @fileoverview The terminal, or what stands in its place, of a Node process. */

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

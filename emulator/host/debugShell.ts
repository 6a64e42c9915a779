// SPDX-License-Identifier: MIT
/**
 * @fileoverview `diorama debug`: a machine that stands, and commands about it, from a keyboard or from a pipe.
 *
 * The guest's serial output appears as it is written, when commands let the machine run. Answers go to stdout, complaints to stderr. From a pipe
 * the first command that fails ends the session, with exit code 1; somebody at a keyboard is told, and asked again.
 */
import { commandOf, DebugError, type DebugSession, where } from './debugCommands.ts';
import type { Machine } from './library.ts';

/** Where commands come from, and where answers go. */
export interface DebugTerminal {
  writeOutput(bytes: Uint8Array): void;
  writeError(text: string): void;
  readonly hasKeyboard: boolean;
  /** Lines until the input ends, with a prompt before each if there is a keyboard; `interrupt` is called for Ctrl-C. */
  readLines(prompt: string, interrupt: () => void): AsyncIterable<string>;
}

const PROMPT = '(diorama) ';
const LINE_FEED = 0x0a;

/** Returns the exit code. */
export async function debugShell(machine: Machine, terminal: DebugTerminal): Promise<number> {
  const encoder = new TextEncoder();
  // Our lines begin at the left, whatever the guest has written.
  let atLineStart = true;
  machine.console.onOutput((byte) => {
    terminal.writeOutput(Uint8Array.of(byte));
    atLineStart = byte === LINE_FEED;
  });
  const session: DebugSession = {
    machine,
    breakpoints: new Set(),
    processor: 0,
    interrupted: false,
    over: false,
    say(text) {
      terminal.writeOutput(encoder.encode(`${atLineStart ? '' : '\n'}${text}\n`));
      atLineStart = true;
    },
  };
  where(session);
  let last = '';
  const lines = terminal.readLines(PROMPT, () => {
    session.interrupted = true;
  });
  for await (const given of lines) {
    const line = given.trim();
    if (line.startsWith('#')) continue;
    // In a script an empty line is an empty line.
    if (line === '' && (!terminal.hasKeyboard || last === '')) continue;
    if (line !== '') last = line;
    try {
      await execute(session, last);
    } catch (error) {
      if (!(error instanceof DebugError)) throw error;
      terminal.writeError(`${atLineStart ? '' : '\n'}diorama: ${error.message}\n`);
      if (!terminal.hasKeyboard) return 1;
    }
    if (session.over) break;
  }
  return 0;
}

async function execute(session: DebugSession, line: string): Promise<void> {
  const [, name, rest = ''] = /^(\S+)\s*(.*)$/.exec(line)!;
  await commandOf(name).run(session, rest === '' ? [] : rest.split(/\s+/), rest);
}

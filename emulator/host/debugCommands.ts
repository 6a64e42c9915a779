// SPDX-License-Identifier: MIT
/**
 * @fileoverview The commands of `diorama debug`, one record each: names, usage, what it does. All that they tell comes from the library's `inspect`
 * and its kin, so from the one inspection interface (`machine/inspect.ts`): the guest cannot notice.
 *
 * Numbers that are addresses are hexadecimal, with or without 0x, or the name of a register; counts are decimal.
 */
import { writeFileSync } from 'node:fs';
import { LINE_NAMES } from '../machine/inspection.ts';
import { reason } from './files.ts';
import { type Machine, UnmetExpectation } from './library.ts';
import { expectation } from './script.ts';

/** What commands work on. */
export interface DebugSession {
  readonly machine: Machine;
  /** Linear addresses of instructions to stop before. */
  readonly breakpoints: Set<bigint>;
  /** The processor that is shown. */
  processor: number;
  /** Ctrl-C was pressed since the command began. */
  interrupted: boolean;
  /** The session is over. */
  over: boolean;
  /** A line, or several. */
  say(text: string): void;
}

export interface DebugCommand {
  /** The first one is its name, the others are short for it. */
  names: readonly [string, ...string[]];
  /** What may follow the name. */
  usage: string;
  help: string;
  run(session: DebugSession, words: readonly string[], line: string): void | Promise<void>;
}

/** A command was used wrongly, or cannot be done: one line. */
export class DebugError extends Error {}

/** Between two looks at the keyboard: nanoseconds of virtual time, and instructions with breakpoints. */
const SLICE = 10_000_000;
const WATCHED_SLICE = 20_000;
const CODE_LINES = 10;
const EXAMINED = 64;
const ROW = 16;
const REGISTERS = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const NANOSECONDS = 1e9;

export const DEBUG_COMMANDS: readonly DebugCommand[] = [
  {
    names: ['help', 'h', '?'],
    usage: '[COMMAND]',
    help: 'lists commands, or says what one does',
    run({ say }, [name]) {
      if (name === undefined) {
        const heads = DEBUG_COMMANDS.map(({ names, usage }) => `${names.join(', ')} ${usage}`.trimEnd());
        const width = Math.max(...heads.map(({ length }) => length));
        say(DEBUG_COMMANDS.map(({ help }, n) => `${heads[n].padEnd(width)}  ${help}`).join('\n'));
        say('An ADDRESS is hexadecimal or a register. Ctrl-C stops a running machine; an empty line repeats the last command.');
        return;
      }
      const { names, usage, help } = commandOf(name);
      say(`${names.join(', ')} ${usage}: ${help}`);
    },
  },
  {
    names: ['where', 'w'],
    usage: '',
    help: 'instructions, virtual time, and the next instruction of each processor',
    run: (session) => where(session),
  },
  {
    names: ['registers', 'r'],
    usage: '[PROCESSOR]',
    help: 'registers, segments, top of the stack and the code around RIP',
    run(session, [word]) {
      if (word !== undefined) session.processor = processorOf(session, word);
      session.say(session.machine.inspect().processors[session.processor].description);
    },
  },
  {
    names: ['code', 'disassemble', 'd'],
    usage: '[ADDRESS] [COUNT]',
    help: 'instructions from an address on, or around RIP',
    run(session, [word, count]) {
      const { machine, processor } = session;
      const address = word === undefined ? undefined : addressOf(session, word);
      const after = count === undefined ? CODE_LINES : countOf(count);
      const lines = machine.code({ processor, address, before: address === undefined ? CODE_LINES / 2 : 0, after });
      if (lines.length === 0) throw new DebugError('nothing is mapped there');
      const { rip } = machine.inspect().processors[processor];
      session.say(lines.map((line) => codeLine(line, rip, session.breakpoints)).join('\n'));
    },
  },
  {
    names: ['examine', 'x'],
    usage: 'ADDRESS [BYTES]',
    help: 'memory at a linear address',
    run(session, [word, count]) {
      const address = addressOf(session, needed(word, 'an address'));
      const bytes = session.machine.readMemory(address, count === undefined ? EXAMINED : countOf(count), session.processor);
      if (bytes.length === 0) throw new DebugError('nothing is mapped there');
      for (let at = 0; at < bytes.length; at += ROW) session.say(dump(address + BigInt(at), bytes.subarray(at, at + ROW)));
    },
  },
  {
    names: ['step', 's'],
    usage: '[COUNT]',
    help: 'executes one instruction, or so many, of all processors together',
    run(session, [word]) {
      const count = word === undefined ? 1 : countOf(word);
      mustRun(session);
      session.machine.step(count);
      ended(session);
      where(session);
    },
  },
  {
    names: ['continue', 'c'],
    usage: '[SECONDS]',
    help: 'runs to a breakpoint, to the end, or for so many seconds of virtual time',
    run(session, [word]) {
      const seconds = word === undefined ? Number.POSITIVE_INFINITY : Number(word);
      if (!(seconds > 0)) throw new DebugError(`${word} is no number of seconds`);
      return go(session, session.breakpoints, session.machine.now + seconds * NANOSECONDS);
    },
  },
  {
    names: ['runto', 'until', 'u'],
    usage: 'ADDRESS',
    help: 'runs until an address is the next instruction, or to a breakpoint',
    run: (session, [word]) =>
      go(session, new Set([...session.breakpoints, addressOf(session, needed(word, 'an address'))]), Number.POSITIVE_INFINITY),
  },
  {
    names: ['break', 'b'],
    usage: '[ADDRESS]',
    help: 'stops before the instruction at an address; without one, lists breakpoints',
    run(session, [word]) {
      if (word !== undefined) session.breakpoints.add(addressOf(session, word));
      else if (session.breakpoints.size === 0) session.say('no breakpoints');
      else session.say([...session.breakpoints].map((address) => hex(address)).join('\n'));
    },
  },
  {
    names: ['delete'],
    usage: 'ADDRESS | all',
    help: 'removes a breakpoint',
    run(session, [word]) {
      if (needed(word, 'an address or all') === 'all') session.breakpoints.clear();
      else if (!session.breakpoints.delete(addressOf(session, word))) throw new DebugError(`there is no breakpoint at ${word}`);
    },
  },
  {
    names: ['processor', 'cpu'],
    usage: '[PROCESSOR]',
    help: 'chooses the processor that is shown; without one, lists all',
    run(session, [word]) {
      if (word !== undefined) session.processor = processorOf(session, word);
      else where(session);
    },
  },
  {
    names: ['memory', 'm'],
    usage: '',
    help: 'what answers where in the physical address space',
    run({ machine, say }) {
      const rows = machine.inspect().memory.map(({ name, base, length }) => [range(base, length, 9), name]);
      say(table(rows));
    },
  },
  {
    names: ['devices'],
    usage: '',
    help: 'devices with their ports and addresses, and how often they were accessed',
    run({ machine, say }) {
      const rows = machine.inspect().devices.map(({ name, ports, addresses, reads, writes }) => {
        const places = [
          ...ports.map((at) => range(at.base, at.length, 4)),
          ...addresses.map((at) => range(at.base, at.length, 8)),
        ];
        return [name, `${reads} reads`, `${writes} writes`, places.join(' ')];
      });
      say(table(rows));
    },
  },
  {
    names: ['interrupts', 'i'],
    usage: '',
    help: 'how often each line was raised, and each vector taken',
    run({ machine, say }) {
      const { lines, vectors } = machine.inspect().interrupts;
      const raised = lines
        .map((count, line) => [`line ${line}`, LINE_NAMES[line], `${count}`])
        .filter(([, , count]) => count !== '0');
      const taken = vectors.flatMap((counts, cpu) =>
        Array.from(counts, (count, vector) => [`CPU ${cpu}`, `vector ${vector.toString(16).padStart(2, '0')}`, `${count}`]),
      );
      const rows = [...raised, ...taken.filter(([, , count]) => count !== '0')];
      say(rows.length > 0 ? table(rows) : 'none yet');
    },
  },
  {
    names: ['send'],
    usage: 'TEXT',
    help: 'types a line on the serial console; it arrives as the machine runs',
    run: ({ machine }, _, text) => machine.console.send(text),
  },
  {
    names: ['expect', 'e'],
    usage: 'REGEX',
    help: 'runs until the console has written what matches, breakpoints apart',
    async run(session, _, text) {
      mustRun(session);
      let expression: RegExp;
      try {
        expression = expectation(needed(text, 'an expression'));
      } catch (error) {
        throw new DebugError((error as Error).message);
      }
      try {
        await session.machine.console.expect(expression);
      } catch (error) {
        if (error instanceof UnmetExpectation) throw new DebugError(error.message);
        throw error;
      }
      where(session);
    },
  },
  {
    names: ['screen'],
    usage: '',
    help: 'what the serial console shows, and the display',
    run({ machine, say }) {
      say(`serial console:\n${machine.console.screen}`);
      say(machine.display === undefined ? 'display: a picture' : `display:\n${machine.display}`);
    },
  },
  {
    names: ['hash'],
    usage: '',
    help: "SHA-256 of the machine's whole state",
    run: ({ machine, say }) => say(machine.stateHash()),
  },
  {
    names: ['snapshot'],
    usage: 'FILE',
    help: 'saves the machine: --snapshot-load goes on from there',
    run({ machine, say }, _, file) {
      try {
        writeFileSync(needed(file, 'a file'), machine.snapshot());
      } catch (error) {
        if (error instanceof DebugError) throw error;
        throw new DebugError(`cannot write '${file}': ${reason(error)}`);
      }
      say(`saved in ${file}`);
    },
  },
  {
    names: ['quit', 'q'],
    usage: '',
    help: 'ends the session',
    run(session) {
      session.over = true;
    },
  },
];

/** By name. Throws DebugError. */
export function commandOf(name: string): DebugCommand {
  const found = DEBUG_COMMANDS.find(({ names }) => names.includes(name));
  if (!found) throw new DebugError(`there is no command '${name}': help lists them`);
  return found;
}

/** One line for the machine, one for the next instruction of each processor. */
export function where({ machine, processor, breakpoints, say }: DebugSession): void {
  const { processors, instructions, now } = machine.inspect();
  say(`${instructions} instructions, ${(now / NANOSECONDS).toFixed(9)} s`);
  for (const { index, mode, cpl, halted, parked, rip } of processors) {
    const state = parked ? 'waits to be started' : halted ? 'halted' : `${mode}, ring ${cpl}`;
    const [next] = machine.code({ processor: index, before: 0, after: 1 });
    const mark = processors.length > 1 && index === processor ? '*' : '';
    say(`CPU ${index}${mark}: ${state}`);
    say(next ? codeLine(next, rip, breakpoints) : `=> ${hex(rip)}  not mapped to RAM`);
  }
}

/** Lets the machine run until it hits one of these, ends, is interrupted, or its virtual time is up. */
async function go(session: DebugSession, stops: ReadonlySet<bigint>, deadline: number): Promise<void> {
  const { machine } = session;
  mustRun(session);
  session.interrupted = false;
  for (let first = true; machine.now < deadline && !session.interrupted; first = false) {
    if (stops.size === 0) machine.runFor(Math.min(SLICE, deadline - machine.now));
    else {
      const hit = machine.runTo(stops, WATCHED_SLICE, first ? 'next' : 'here');
      if (hit) {
        session.processor = hit.processor;
        break;
      }
    }
    if (machine.end) break;
    // The keyboard's turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  ended(session);
  where(session);
}

function mustRun({ machine }: DebugSession): void {
  if (machine.end) throw new DebugError(`the machine has ended: ${machine.end.kind}`);
}
function ended({ machine, say }: DebugSession): void {
  if (machine.end) say(`the machine has ended: ${machine.end.kind}`);
}

function needed(word: string | undefined, what: string): string {
  if (word === undefined || word === '') throw new DebugError(`${what} is missing`);
  return word;
}
function countOf(word: string): number {
  const count = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(count) || count === 0) throw new DebugError(`${word} is no count`);
  return count;
}
function addressOf({ machine, processor }: DebugSession, word: string): bigint {
  const { registers, rip } = machine.inspect().processors[processor];
  const name = word.toLowerCase().replace(/^[$%]/, '');
  if (name === 'rip') return rip;
  if (REGISTERS.includes(name)) return BigInt.asUintN(64, registers[REGISTERS.indexOf(name)]);
  if (!/^(0x)?[0-9a-f]{1,16}$/i.test(word)) throw new DebugError(`${word} is neither a hexadecimal address nor a register`);
  return BigInt(`0x${word.replace(/^0x/i, '')}`);
}
function processorOf({ machine }: DebugSession, word: string): number {
  const { length } = machine.inspect().processors;
  const index = Number(word);
  if (!/^\d+$/.test(word) || index >= length) throw new DebugError(`there is no processor ${word}: they are 0 to ${length - 1}`);
  return index;
}

const hex = (value: bigint | number, digits = 16): string => value.toString(16).padStart(digits, '0');
const range = (base: number, length: number, digits: number): string => `${hex(base, digits)}-${hex(base + length - 1, digits)}`;
function codeLine(line: { address: bigint; bytes: Uint8Array; text: string }, rip: bigint, stops: ReadonlySet<bigint>): string {
  const bytes = [...line.bytes].map((byte) => hex(byte, 2)).join(' ');
  return `${line.address === rip ? '=>' : '  '}${stops.has(line.address) ? '*' : ' '}${hex(line.address)}  ${bytes.padEnd(30)} ${line.text}`;
}
function dump(address: bigint, bytes: Uint8Array): string {
  const pairs = [...bytes].map((byte) => hex(byte, 2)).join(' ');
  const text = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
  return `${hex(address)}  ${pairs.padEnd(ROW * 3 - 1)}  ${text}`;
}
/** Columns as wide as they need to be; the last one ends the line. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

// SPDX-License-Identifier: MIT
/**
 * @fileoverview `diorama run` and `diorama debug` from their words to their exit codes: opens files, makes the machine, lends it the terminal.
 *
 * Guest output goes to stdout, ours to stderr. A terminal on stdin is put into raw mode and its keys go to COM1; Ctrl-] leaves. A stdin
 * that is no terminal is not read. Mistakes of the user get one line and exit code 2; anything unforeseen is a fault of ours: exit
 * code 4, with what is known about it.
 */

import { openSync, writeSync } from 'node:fs';
import { BootImageError } from '../firmware/bootError.ts';
import { type DebugTerminal, debugShell } from './debugShell.ts';
import { FileDisk } from './fileDisk.ts';
import { prepareOutput, readInput, reason, writeOutput } from './files.ts';
import { Machine } from './library.ts';
import { disksOf, naming, readSnapshot, SnapshotOutput, sha256 } from './nodeSnapshot.ts';
import { DEFAULT_MEMORY, type DebugOptions, parseCommandLine, type RunOptions } from './options.ts';
import type { MachineConfiguration, MachineFactory, ReportingMachine } from './runnable.ts';
import { Session, type SessionResult } from './session.ts';
import { UsageError } from './usageError.ts';

/** The process around the command, so that tests can be one. */
export interface Terminal extends DebugTerminal {
  /** Delivers keys until the returned function is called. */
  openKeyboard(listener: (bytes: Uint8Array) => void): () => void;
}

/** A fault of ours while a machine ran: what went wrong, and the state it left. */
class MachineFault extends Error {
  constructor(cause: unknown, state: string) {
    super(`${cause instanceof Error ? cause.stack : cause}\n${state}`);
  }
}

const EXIT_USAGE = 2;
const EXIT_FAULT = 4;
/** Ctrl-]. */
const LEAVE_KEY = 0x1d;

export async function main(
  words: readonly string[],
  version: string,
  terminal: Terminal,
  makeMachine: MachineFactory,
): Promise<number> {
  try {
    const invocation = parseCommandLine(words, version);
    if (invocation.kind === 'text') {
      terminal.writeOutput(new TextEncoder().encode(invocation.text));
      return 0;
    }
    if (invocation.kind === 'debug') return await debug(invocation.options, terminal);
    return await run(invocation.options, terminal, makeMachine);
  } catch (error) {
    if (error instanceof UsageError || error instanceof BootImageError) {
      terminal.writeError(`diorama: ${error.message}\n`);
      return EXIT_USAGE;
    }
    const what = error instanceof MachineFault ? error.message : error instanceof Error ? error.stack : error;
    terminal.writeError(`diorama: internal error: ${what}\n`);
    return EXIT_FAULT;
  }
}

async function debug(options: DebugOptions, terminal: Terminal): Promise<number> {
  const { snapshotLoad, kernel, initrd, append, memory, cpu, smp, uuid, tier } = options;
  const disks = options.disks.map((disk) => ('file' in disk ? disk.file : disk));
  const machine =
    snapshotLoad === undefined
      ? Machine.boot({ kernel, initrd, append: append || undefined, memory, cpu, smp, uuid, tier, disks })
      : Machine.restore(snapshotLoad, disks.length > 0 ? { disks } : {});
  try {
    return await debugShell(machine, terminal);
  } finally {
    machine.close();
  }
}

async function run(options: RunOptions, terminal: Terminal, makeMachine: MachineFactory): Promise<number> {
  const start = readStart(options);
  if (options.json !== undefined) prepareOutput('report', options.json);
  const output = openOutput(options, terminal);
  const disks = (options.disks.length > 0 ? options.disks : start.snapshot ? disksOf(start.snapshot) : []).map((disk) =>
    'file' in disk ? new FileDisk(disk.file) : disk,
  );
  let saved: SnapshotOutput | undefined;
  try {
    if (options.snapshotSave !== undefined) saved = new SnapshotOutput(options.snapshotSave);
    const given = start.snapshot?.configuration;
    const { memory = given?.memory ?? DEFAULT_MEMORY, cpu = given?.cpu, smp = given?.cpus ?? 1, uuid = given?.uuid } = options;
    const machine = naming(options.snapshotLoad ?? '', () =>
      makeMachine({ memory, cpu, smp, uuid, tiering: options.tier, disks, ...start }),
    );
    machine.onMissing((line) => terminal.writeError(`\ndiorama: ${line}\n`));
    const summarize = options.trace.includes('jit') ? machine.traceJit((line) => terminal.writeError(`${line}\n`)) : undefined;
    const { script, timeout, instructions } = options;
    const before = machine.instructions;
    const keyboard = options.serial.kind === 'stdio' && terminal.hasKeyboard;
    const interactive = keyboard && script.length === 0;
    const session = new Session(machine, { script, timeout, instructions, interactive, output });
    const result = await runAtTerminal(session, terminal, keyboard).catch((error: unknown) => {
      throw new MachineFault(error, machine.describe());
    });
    summarize?.();
    if (options.json !== undefined) writeOutput('report', options.json, await report(machine, result, before));
    if (result.exitCode === 0) saved?.write(machine.save(sha256));
    if (result.message !== '') terminal.writeError(`\ndiorama: ${result.message}\n`);
    return result.exitCode;
  } finally {
    saved?.close();
    for (const disk of disks) if (disk instanceof FileDisk) disk.close();
  }
}

type Start = Pick<MachineConfiguration, 'kernel' | 'kernelName' | 'initrd' | 'append' | 'snapshot'>;
function readStart({ kernel, initrd, append, snapshotLoad }: RunOptions): Start {
  if (snapshotLoad !== undefined) return { snapshot: readSnapshot(snapshotLoad) };
  if (kernel === undefined) throw new UsageError('nothing to boot: give --kernel');
  return {
    kernel: readInput('kernel', kernel),
    kernelName: kernel,
    initrd: initrd === undefined ? undefined : readInput('initrd', initrd),
    append,
  };
}

/** Where COM1's output goes. A script hears it in any case. */
function openOutput({ serial }: RunOptions, terminal: Terminal): (bytes: Uint8Array) => void {
  if (serial.kind === 'none') return () => {};
  if (serial.kind === 'stdio') return (bytes) => terminal.writeOutput(bytes);
  const { file } = serial;
  try {
    const opened = openSync(file, 'w');
    return (bytes) => writeSync(opened, bytes);
  } catch (error) {
    throw new UsageError(`cannot write serial output '${file}': ${reason(error)}`);
  }
}

async function runAtTerminal(session: Session, terminal: Terminal, keyboard: boolean): Promise<SessionResult> {
  const close = keyboard ? terminal.openKeyboard((bytes) => takeKeys(session, bytes)) : undefined;
  try {
    return await session.run();
  } finally {
    close?.();
  }
}

function takeKeys(session: Session, bytes: Uint8Array): void {
  const leave = bytes.indexOf(LEAVE_KEY);
  session.type(leave < 0 ? bytes : bytes.subarray(0, leave));
  if (leave >= 0) session.leave();
}

async function report(machine: ReportingMachine, { outcome, exitCode, seconds }: SessionResult, before: number): Promise<string> {
  const { instructions, now } = machine;
  const figures = {
    outcome,
    exitCode,
    instructions,
    seconds: Number(seconds.toFixed(3)),
    mips: Number(((instructions - before) / Math.max(seconds, 1e-6) / 1e6).toFixed(1)),
    virtualSeconds: now / 1e9,
    stateHash: await machine.stateHash(),
    ...machine.statistics(),
  };
  return `${JSON.stringify(figures, null, 2)}\n`;
}

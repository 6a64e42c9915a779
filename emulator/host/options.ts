// SPDX-License-Identifier: MIT
/**
 * @fileoverview What `diorama run` and `diorama debug` were asked to do: the command line checked and made into values.
 *
 * Files are not opened here but named. Options of the design that the machine does not have yet are known by name and refused, so
 * that a script meant for a later version fails at once and says why.
 */

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TIERINGS, type Tiering } from '../cpu/processor.ts';
import { isUuid } from '../firmware/smbios.ts';
import { DEFAULT_MODEL, MODELS } from '../isa/system/models.ts';
import { expectation, type ScriptStep } from './script.ts';
import { UsageError } from './usageError.ts';

/** `serial`: what the guest reads as the disk's identity. */
export type DiskOption = { file: string } | { memory: number; serial?: string };
export type SerialOption = { kind: 'stdio' } | { kind: 'file'; file: string } | { kind: 'none' };

/** What `--trace` can tell of. */
export const TRACE_SUBJECTS = ['jit'] as const;
export type TraceSubject = (typeof TRACE_SUBJECTS)[number];

export interface RunOptions {
  kernel: string | undefined;
  initrd: string | undefined;
  append: string;
  disks: DiskOption[];
  /** Not given: that of the snapshot, or DEFAULT_MEMORY. */
  memory: number | undefined;
  cpu: string | undefined;
  smp: number | undefined;
  uuid: string | undefined;
  tier: Tiering | undefined;
  serial: SerialOption;
  net: 'none';
  script: ScriptStep[];
  /** Seconds of the host's time; undefined means for ever. */
  timeout: number | undefined;
  instructions: number | undefined;
  json: string | undefined;
  snapshotSave: string | undefined;
  snapshotLoad: string | undefined;
  trace: TraceSubject[];
}

/** What `diorama debug` is to look at. */
export type DebugOptions = Pick<
  RunOptions,
  'kernel' | 'initrd' | 'append' | 'disks' | 'memory' | 'cpu' | 'smp' | 'uuid' | 'tier' | 'snapshotLoad'
>;

export type Invocation =
  | { kind: 'run'; options: RunOptions }
  | { kind: 'debug'; options: DebugOptions }
  | { kind: 'text'; text: string };

const MIB = 2 ** 20;
export const DEFAULT_MEMORY = 512 * MIB;

/** Options to come, by name, with what they will take. */
const LATER: { [name: string]: string } = {
  cdrom: 'FILE',
  usb: 'FILE',
  pxe: 'DIR',
  bios: 'FILE',
  record: 'FILE',
  replay: 'FILE',
  gdb: 'PORT',
};

/** Parses the words after the program's name. Throws UsageError. */
export function parseCommandLine(words: readonly string[], version: string): Invocation {
  let invocation: Invocation | undefined;
  let text = '';
  const program = new Command('diorama')
    .description('An x86-64 machine.')
    .usage('COMMAND [options]')
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .version(version)
    .helpCommand(false)
    .addHelpText('after', '\nExit: 0 success, 1 time-out, 2 usage, 3 guest panic, 4 our fault.');
  const run = runCommand((options) => {
    invocation = { kind: 'run', options };
  });
  const debug = debugCommand((options) => {
    invocation = { kind: 'debug', options };
  });
  program.addCommand(run).addCommand(debug);
  for (const command of [program, run, debug]) {
    command.exitOverride().showSuggestionAfterError(false).showHelpAfterError(false);
    command.configureOutput({
      writeOut: (part) => {
        text += part;
      },
      writeErr: () => {},
    });
  }
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    if (error.code === 'commander.help') throw new UsageError("a command is missing; 'diorama --help' lists them");
    throw new UsageError(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
  }
  return invocation ?? { kind: 'text', text };
}

/** Options that say what the machine is. */
function withMachine(command: Command): Command {
  return command
    .option('--kernel <file>', 'Linux bzImage, PVH or multiboot kernel')
    .option('--initrd <file>', 'initial RAM disk, or first module')
    .option('--append <text>', "the kernel's command line")
    .option('--disk <file>', 'raw disk image, or mem:SIZE[:SERIAL]; repeatable', (word, disks: DiskOption[] = []) => [
      ...disks,
      disk(word),
    ])
    .option('--memory <size>', 'RAM, such as 2G (default: 512M)', size)
    .option('--cpu <model>', `processor model: ${MODELS.map(({ name }) => name).join(', ')} (default: ${DEFAULT_MODEL})`)
    .option('--smp <n>', 'processors (default: 1)', (word) => integer(word, 1, 255))
    .option('--uuid <uuid>', "the machine's UUID in its SMBIOS tables (default: none, all zeros)", uuid)
    .option('--tier <which>', 'engines: interpreted, mixed or compiled (default: mixed)', tier)
    .option('--snapshot-load <file>', 'go on from there instead of booting a kernel');
}
function machineOf(values: Record<string, unknown>): DebugOptions {
  const booting = ['kernel', 'initrd', 'append'].find((name) => values[name] !== undefined);
  if (values.snapshotLoad !== undefined && booting)
    throw new UsageError(`--snapshot-load takes no --${booting}: nothing is booted`);
  return {
    kernel: values.kernel as string | undefined,
    initrd: values.initrd as string | undefined,
    append: (values.append as string | undefined) ?? '',
    disks: (values.disk as DiskOption[] | undefined) ?? [],
    memory: values.memory as number | undefined,
    cpu: values.cpu as string | undefined,
    smp: values.smp as number | undefined,
    uuid: values.uuid as string | undefined,
    tier: values.tier as Tiering | undefined,
    snapshotLoad: values.snapshotLoad as string | undefined,
  };
}

function runCommand(parsed: (options: RunOptions) => void): Command {
  const script: ScriptStep[] = [];
  const command = withMachine(new Command('run'))
    .description('boot a machine in this terminal; Ctrl-] leaves')
    .addHelpText(
      'after',
      [
        '',
        '--expect and --send are done in the order given; --expect looks behind the last',
        'match. A regular expression of JavaScript, ^ and $ at each line:',
        "  diorama run --expect 'login: $' --send root --expect '# $' --timeout 60",
        'Exit: 0 all done, 1 time-out or an end before that, 2 usage, 3 guest panic or',
        'triple fault, 4 our fault.',
      ].join('\n'),
    )
    .usage('[options]')
    .argument('[image]')
    .allowExcessArguments(false)
    .option('--serial <where>', 'COM1: stdio, file:FILE or none (default: stdio)', serial)
    .option('--net <how>', 'network: none', net)
    .option('--expect <regex>', 'wait for console output; repeatable, in order with --send', (word) => {
      script.push({ expect: regularExpression(word) });
    })
    .option('--send <text>', 'type text and Enter; repeatable', (word) => {
      script.push({ send: word });
    })
    .option('--timeout <seconds>', 'give up after this long', seconds)
    .option('--instructions <n>', 'stop after n instructions', (word) => integer(word, 1, Number.MAX_SAFE_INTEGER))
    .option('--json <file>', 'write a report')
    .option('--trace <list>', 'tell on standard error, and in the report, of: jit (what is compiled and why it is left)', trace)
    .option('--snapshot-save <file>', 'save the machine after the last --expect and --send, or --instructions');
  for (const [name, value] of Object.entries(LATER))
    command.addOption(new Option(`--${name} <${value.toLowerCase()}>`).hideHelp());
  command.action((image: string | undefined, values: Record<string, unknown>) => {
    for (const name of Object.keys(LATER)) {
      if (command.getOptionValue(camelCase(name)) !== undefined) throw new UsageError(`--${name} is not available yet`);
    }
    if (image !== undefined) throw new UsageError('booting an IMAGE is not available yet; use --kernel');
    parsed({
      ...machineOf(values),
      serial: (values.serial as SerialOption | undefined) ?? { kind: 'stdio' },
      net: 'none',
      script,
      timeout: values.timeout as number | undefined,
      instructions: values.instructions as number | undefined,
      json: values.json as string | undefined,
      snapshotSave: values.snapshotSave as string | undefined,
      trace: (values.trace as TraceSubject[] | undefined) ?? [],
    });
  });
  return command;
}

function debugCommand(parsed: (options: DebugOptions) => void): Command {
  return withMachine(new Command('debug'))
    .description('look into a machine: registers, code, breakpoints, memory, devices; commands from the keyboard or a pipe')
    .allowExcessArguments(false)
    .addHelpText('after', "\nThe machine stands at its kernel's first instruction. The command 'help' lists what can be asked.")
    .action((values: Record<string, unknown>) => parsed(machineOf(values)));
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function integer(word: string, minimum: number, maximum: number): number {
  const value = Number(word);
  if (!/^\d+$/.test(word) || value < minimum || value > maximum) {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum} on` : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  }
  return value;
}

function seconds(word: string): number {
  const value = Number(word);
  if (!/^\d+(\.\d+)?$/.test(word) || value <= 0) throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}

/** 512M, 2G, 65536K or a number of bytes. */
export function size(word: string): number {
  const match = /^(\d+)([KMGT]?)$/i.exec(word);
  // indexOf gives 0 for no unit, then 1 for K and so on.
  const value = match ? Number(match[1]) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(match[2].toUpperCase()) : 0;
  if (!match || value === 0 || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a size like 512M or 2G.');
  return value;
}

function disk(word: string): DiskOption {
  if (!word.startsWith('mem:')) return { file: word };
  const [, bytes, serial] = word.split(':', 3);
  return serial === undefined ? { memory: size(bytes) } : { memory: size(bytes), serial };
}

function uuid(word: string): string {
  if (!isUuid(word)) throw new InvalidArgumentError('It must be a UUID like 550e8400-e29b-41d4-a716-446655440000.');
  return word;
}

function tier(word: string): Tiering {
  const known = TIERINGS.find((name) => name === word);
  if (!known) throw new InvalidArgumentError(`It must be ${TIERINGS.slice(0, -1).join(', ')} or ${TIERINGS.at(-1)}.`);
  return known;
}

function trace(word: string): TraceSubject[] {
  return word.split(',').map((name) => {
    const known = TRACE_SUBJECTS.find((subject) => subject === name);
    if (!known) throw new InvalidArgumentError(`It must be a list of ${TRACE_SUBJECTS.join(', ')}.`);
    return known;
  });
}

function serial(word: string): SerialOption {
  if (word === 'stdio' || word === 'none') return { kind: word };
  if (word.startsWith('file:') && word.length > 'file:'.length) return { kind: 'file', file: word.slice('file:'.length) };
  throw new InvalidArgumentError('It must be stdio, file:FILE or none.');
}

function net(word: string): 'none' {
  if (word === 'none') return word;
  if (/^(user|hub:.+|nats:.+)$/.test(word)) throw new UsageError(`--net ${word} is not available yet`);
  throw new InvalidArgumentError('It must be none.');
}

function regularExpression(word: string): RegExp {
  try {
    return expectation(word);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
}

// SPDX-License-Identifier: MIT
/**
 * @fileoverview Programs of guest-os/test in the operating system: built, put into a boot archive of their own, run on our machine and on QEMU.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../toolchain/asc/root.ts';
import type { Abi } from '../../toolchain/asm/userStubs.ts';
import { build } from '../../toolchain/build/main.ts';
import { platformArchive } from '../../toolchain/build/platform.ts';
import { buildProgram } from '../../toolchain/build/program.ts';
import { multiCallEntry } from '../../toolchain/registry/sources.ts';

export interface System {
  readonly kernel: string;
  readonly archive: string;
}

const stamp = { name: 'diorama_test', time: 0 };

/** A program whose main module is guest-os/test/NAME/main.ts. On Linux the files of `system/linux` there stand in for those of `system/illumos`. */
export async function testProgram(name: string, abi: Abi): Promise<Uint8Array> {
  const folder = `guest-os/test/${name}`;
  const overlay = new Map<string, string>();
  if (abi === 'linux')
    for (const file of readdirSync(join(projectRoot(), folder, 'system/linux')))
      overlay.set(`${folder}/system/illumos/${file}`, readFileSync(join(projectRoot(), folder, 'system/linux', file), 'utf8'));
  const program = { name: `${name} ${abi}`, target: 'user', entry: `${folder}/main.ts`, abi } as const;
  return (await buildProgram(program, { stamp, overlay })).image;
}

/** The system with test programs in /usr/bin. */
export async function systemWith(directory: string, names: readonly string[]): Promise<System> {
  await build({ output: directory, report: () => undefined });
  const commands = join(directory, 'guest/cmd');
  const programs = new Map<string, Uint8Array>(
    readdirSync(commands).map((name) => [name, new Uint8Array(readFileSync(join(commands, name)))]),
  );
  const kernel = join(directory, 'platform/i86pc/kernel/amd64/unix');
  if (WITHOUT.size > 0) await buildWithout(kernel, programs);
  for (const name of names) programs.set(name, await testProgram(name, 'illumos'));
  const archive = join(directory, 'boot_archive.test');
  writeFileSync(archive, await platformArchive(projectRoot(), programs, stamp));
  return { kernel, archive };
}

const KERNEL = { name: 'unix', target: 'kernel', entry: 'guest-os/boot/unix.ts', heapBytes: 16 << 20 } as const;

/** Other texts of some sources, as a JSON file says, by their paths (test/mutate/live.ts). */
const WITHOUT: ReadonlyMap<string, string> = new Map(
  Object.entries(JSON.parse(process.env.DIORAMA_WITHOUT ? readFileSync(process.env.DIORAMA_WITHOUT, 'utf8') : '{}')),
);
/** The text of a source, by its path. */
export const sourceOf = (path: string): string => WITHOUT.get(path) ?? readFileSync(join(projectRoot(), path), 'utf8');

/** Kernel and commands with those. */
async function buildWithout(kernel: string, programs: Map<string, Uint8Array>): Promise<void> {
  const overlay = WITHOUT;
  const commands = new Set([...overlay.keys()].flatMap((path) => /^guest-os\/cmd\/(\w+)\//.exec(path)?.slice(1) ?? []));
  for (const name of commands)
    programs.set(name, (await buildProgram({ name, target: 'user', entry: multiCallEntry(name) }, { stamp, overlay })).image);
  if ([...overlay.keys()].some((path) => !path.startsWith('guest-os/cmd/'))) writeFileSync(kernel, await buildKernel(new Map()));
}

/** The kernel with other texts of some sources, by their paths. */
export async function buildKernel(overlay: ReadonlyMap<string, string>): Promise<Uint8Array> {
  return (await buildProgram(KERNEL, { stamp, overlay: new Map([...WITHOUT, ...overlay]) })).image;
}

export interface RunResult {
  readonly text: string;
  readonly status: number | null;
  readonly stateHash?: string;
}

const PROMPT = '\\]# $';
/** As in session.ts: lines are echoed by the terminal, and the end does not wait for services. */
const QUIET = 'set +o emacs';
const END = 'uadmin 2 6';

/** Types a command at the prompt, then ends, on our machine. `options` go to `./diorama run`. */
export function typeOnOurs(system: System, command: string, options: readonly string[] = [], seconds = 300): RunResult {
  const report = `${system.archive}.json`;
  const steps = [QUIET, command, END].flatMap((line) => ['--expect', PROMPT, '--send', line]);
  const script = ['--expect', 'login: $', '--send', 'root', ...steps];
  const image = ['--kernel', system.kernel, '--initrd', system.archive, '--append', 'console=ttya'];
  const words = [join(projectRoot(), 'tools/diorama.js'), 'run', ...image, ...options, '--json', report];
  const { status, stdout } = spawnSync(process.execPath, [...words, '--timeout', String(seconds), ...script], {
    encoding: 'latin1',
    input: '',
    timeout: (seconds + 30) * 1000,
    maxBuffer: 1 << 28,
  });
  const { stateHash } = JSON.parse(readFileSync(report, 'utf8')) as { stateHash: string };
  return { text: stdout.replaceAll('\r', ''), status, stateHash };
}

/** The same on QEMU. */
export function typeOnQemu(system: System, command: string, options: readonly string[] = [], seconds = 300): Promise<RunResult> {
  const devices = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-device', 'pvpanic'];
  const image = ['-kernel', system.kernel, '-initrd', system.archive, '-append', 'console=ttya'];
  const child = spawn('qemu-system-x86_64', ['-accel', 'tcg', ...image, ...devices, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const rest = ['root', QUIET, command, END];
  let text = '';
  let from = 0;
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString('latin1').replaceAll('\r', '');
    if (!/(\]#|login:) $/.test(text.slice(from))) return;
    from = text.length;
    const next = rest.shift();
    if (next !== undefined) child.stdin.write(`${next}\n`);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  return new Promise((resolve) => {
    child.on('exit', (status) => {
      clearTimeout(timer);
      resolve({ text, status });
    });
  });
}

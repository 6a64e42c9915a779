// SPDX-License-Identifier: MIT
/**
 * @fileoverview Shell scripts in our operating system and on the host: the same files in the same surroundings, each in an empty directory,
 * output and exit status of each. In the guest all run in one boot, on our machine or on QEMU.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { type ArchiveFile, writeArchive } from '../../toolchain/image/archive.ts';

export interface Outcome {
  readonly output: string;
  readonly status: number;
}

/** Scripts and files by name: those of `files` lie in the directory beside each script. */
export interface Scripts {
  readonly scripts: ReadonlyMap<string, string>;
  readonly files?: ReadonlyMap<string, string>;
}

const PROMPT = '# ';
const VARIABLES = { LC_ALL: 'C', TZ: 'UTC0', HOME: '/root', LOGNAME: 'root', COLUMNS: '80' };
/** Seconds that one script may take before it counts as hanging; much, for QEMU's seconds are those of a machine that may be busy. */
const LIMIT = 150;

const QUIET = (LIMIT + 20) * 1000;

/** Runs every script of a folder: its name, its output, its status. */
const runner = (folder: string): string => `
for script in ${folder}/scripts/*; do
  echo "=== \${script##*/}"
  rm -rf ${folder}/work
  mkdir ${folder}/work
  cd ${folder}/work
  cp ${folder}/files/* . 2>/dev/null
  timeout ${LIMIT} sh "$script" </dev/null >${folder}/output 2>/dev/null
  echo "=== status $?" >>${folder}/output
  cat ${folder}/output
  cd /
done
echo "=== end"
`;

export function onHost({ scripts, files }: Scripts): Map<string, Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  try {
    for (const part of ['scripts', 'files']) mkdirSync(join(folder, part));
    for (const [name, text] of scripts) writeFileSync(join(folder, 'scripts', name), text, 'latin1');
    for (const [name, text] of files ?? []) writeFileSync(join(folder, 'files', name), text, 'latin1');
    const env = { ...VARIABLES, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const options = { env, encoding: 'latin1', timeout: 300_000, maxBuffer: 64 << 20 } as const;
    const { stdout } = spawnSync('dash', ['-c', `umask 022\n${runner(folder)}`], options);
    return parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type Machine = 'our machine' | 'QEMU';

/** All in one boot. */
export async function inGuest(
  machine: Machine,
  kernel: string,
  archive: string,
  { scripts, files }: Scripts,
): Promise<Map<string, Outcome>> {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  try {
    const extra: ArchiveFile[] = [...scripts].map(([name, text]) => ({ path: `cases/scripts/${name}`, content: bytes(text) }));
    for (const [name, text] of files ?? []) extra.push({ path: `cases/files/${name}`, content: bytes(text) });
    const variables = Object.entries(VARIABLES).map(([name, value]) => `export ${name}=${value}\n`);
    extra.push({ path: 'cases/run', content: `${variables.join('')}umask 022\n${runner('/cases')}` });
    const image = join(folder, 'archive');
    writeFileSync(image, withFiles(readFileSync(archive), extra));
    return parse(await (machine === 'QEMU' ? bootOnQemu(kernel, image) : bootOnOurs(kernel, image)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A second archive behind the members of a first one. */
function withFiles(archive: Buffer, files: ArchiveFile[]): Uint8Array {
  const trailer = archive.lastIndexOf('070701', archive.lastIndexOf('TRAILER!!!'));
  return Buffer.concat([archive.subarray(0, trailer), writeArchive({ files }, 0)]);
}

/** The machine of this project. */
function bootOnOurs(kernel: string, archive: string): Promise<string> {
  const steps = ['--expect', 'login: $', '--send', 'root', '--expect', `${PROMPT}$`, '--send', 'sh /cases/run'];
  const end = ['--expect', '=== end\\r?\\n[\\s\\S]*# $', '--send', 'uadmin 2 6'];
  const image = ['--kernel', kernel, '--initrd', archive, '--append', 'console=ttya', '--memory', '512M'];
  const options = ['run', ...image, '--timeout', '500', ...steps, ...end];
  const child = spawn(process.execPath, [join(projectRoot(), 'tools/diorama.js'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: string[] = [];
  child.stdout.on('data', (data: Buffer) => parts.push(data.toString('latin1')));
  return new Promise((resolve) => {
    child.on('exit', () => resolve(parts.join('').replaceAll('\r\n', '\n')));
  });
}

function bootOnQemu(kernel: string, archive: string): Promise<string> {
  const options = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-accel', 'tcg', '-m', '512'];
  const child = spawn('qemu-system-x86_64', [...options, '-kernel', kernel, '-initrd', archive, '-append', 'console=ttya']);
  // Without a word for so long, something hangs.
  const quit = (): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), QUIET);
  let timer = quit();
  const parts: string[] = [];
  let tail = '';
  let typed = 0;
  const steps = [' login: $', `${PROMPT}$`, `=== end\r?\n[\\s\\S]*${PROMPT}$`];
  child.stdout.on('data', (data: Buffer) => {
    clearTimeout(timer);
    timer = quit();
    const text = data.toString('latin1');
    parts.push(text);
    tail = (tail + text).slice(-4000);
    if (typed === 0 && new RegExp(steps[0]).test(tail)) {
      tail = '';
      child.stdin.write('root\n');
    } else if (typed === 0 && new RegExp(steps[1]).test(tail)) {
      typed = 1;
      tail = '';
      child.stdin.write('sh /cases/run\n');
    } else if (typed === 1 && new RegExp(steps[2]).test(tail)) {
      typed = 2;
      child.stdin.write('poweroff\n');
    }
  });
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(parts.join('').replaceAll('\r\n', '\n'));
    });
  });
}

function parse(text: string): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const part of text.split(/^=== (?!status)/m).slice(1)) {
    const name = part.slice(0, part.indexOf('\n'));
    const end = part.lastIndexOf('=== status ');
    if (end < 0) continue;
    outcomes.set(name, { output: part.slice(name.length + 1, end), status: Number.parseInt(part.slice(end + 11), 10) });
  }
  return outcomes;
}

// SPDX-License-Identifier: MIT
/**
 * The operating system, from its kernel and boot archive to a shell, on our machine and on QEMU. What scripts print is what dash prints
 * for them, run beside it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { build } from '../../toolchain/build/main.ts';

const PROMPT = /\[root@diorama \S+\]# $/;
let directory: string;
let kernel: string;
let archive: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'os-'));
  await build({ output: directory, report: () => undefined });
  kernel = join(directory, 'platform/i86pc/kernel/amd64/unix');
  archive = join(directory, 'platform/i86pc/amd64/boot_archive');
}, 300_000);
afterAll(() => rmSync(directory, { recursive: true }));

/** What each command prints, typed one after the other at the prompt. */
interface Session {
  readonly outputs: string[];
  readonly banner: string;
  readonly status: number | null;
}

function onQemu(): ChildProcess {
  const serial = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot', '-device', 'pvpanic'];
  const system = ['-accel', 'tcg', '-m', '256', '-kernel', kernel, '-initrd', archive, '-append', 'console=ttya'];
  return spawn('qemu-system-x86_64', [...system, ...serial], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function typeOnQemu(commands: readonly string[]): Promise<Session> {
  const child = onQemu();
  const outputs: string[] = [];
  let text = '';
  let banner: string | undefined;
  const rest = [...commands, 'poweroff'];
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString('latin1').replaceAll('\r', '');
    if (!PROMPT.test(text)) return;
    // The echo of what was typed comes first, the prompt last.
    if (banner === undefined) banner = text;
    else outputs.push(text.slice(text.indexOf('\n') + 1).replace(PROMPT, ''));
    text = '';
    const next = rest.shift();
    if (next !== undefined) child.stdin?.write(`${next}\n`);
  });
  return new Promise((resolve) => {
    child.on('exit', (status) => {
      clearTimeout(timer);
      resolve({ outputs, banner: (banner ?? text).replace(PROMPT, ''), status });
    });
  });
}

async function typeOnOurs(commands: readonly string[]): Promise<Session> {
  const script = [...commands, 'poweroff'].flatMap((command) => ['--expect', '\\]# $', '--send', command]);
  const options = ['--kernel', kernel, '--initrd', archive, '--append', 'console=ttya', '--memory', '256M', '--timeout', '100'];
  const words = [join(projectRoot(), 'tools/diorama.js'), 'run', ...options, ...script];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'latin1', input: '', timeout: 120_000 });
  const [banner, ...parts] = stdout.replaceAll('\r', '').split(/\[root@diorama \S+\]# /);
  return { outputs: parts.map((part) => part.slice(part.indexOf('\n') + 1)).slice(0, commands.length), banner, status };
}

/** One line each: POSIX shell, and programs that print the same everywhere. */
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are the shell's
const SCRIPTS = [
  'echo hello world',
  'x=5; y="a b"; echo $x "$y" \'$x\' $((x * 8 + 2)) ${#y} ${z:-none} ${y%b}',
  'for i in 1 2 3; do [ $i = 2 ] && continue; echo item $i; done',
  'i=0; while [ $i -lt 4 ]; do i=$((i + 1)); [ $i -eq 3 ] && break; done; echo $i',
  'f() { echo "f $1 $#"; return 3; }; f a b; echo $?',
  'case abc in x*) echo no;; a?c) echo yes;; *) echo other;; esac',
  'echo one two three | while read a b; do echo "$b-$a"; done',
  'a=$(echo inner; echo lines); echo "$a"; echo $a; echo `echo back`',
  'if false; then echo no; elif true; then echo elif; else echo else; fi; ! true; echo $?',
  '(cd /; pwd; exit 4); echo $?; true && echo and || echo or; false || echo or',
  'set -- a "b c" d; for w in "$@"; do echo "<$w>"; done; echo $# "$*"; shift; echo $1',
  'mkdir -p /tmp/t/u && cd /tmp/t && echo data > f && cat < f >> g && cat f g && echo * && rm -r /tmp/t && cd /',
  'printf "%s-%03d|%-4s|%x\\n" abc 7 xy 255; printf "%s\\n" 1 2 3',
  'echo err 2>/dev/null 1>&2 | cat; sh -c "echo \\$0 \\$1" name arg; exec 3>&1; echo three >&3; exec 3>&-',
  'eval "v=1; echo \\$v"; trap "echo bye" EXIT; trap - EXIT; unset v; echo "${v-unset}"',
  `sh -c 'sleep 0.1 & wait; echo done; kill -0 $$ && echo alive; sh -c "kill -9 \\$\\$"; echo $?'`,
  'yes() { while :; do echo y; done; }; (exit 7) | true; echo $?; true | (exit 7); echo $?',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are the shell's

const dash = (script: string): string => {
  const { stdout } = spawnSync('dash', ['-c', script], { cwd: directory, encoding: 'latin1', timeout: 20_000 });
  return stdout;
};

function hasQemu(): boolean {
  return spawnSync('qemu-system-x86_64', ['--version']).status === 0;
}

// Without QEMU, or dash to compare with, the other half is still tested.
describe.each([
  ['our machine', typeOnOurs, true],
  ['QEMU', typeOnQemu, hasQemu()],
] as const)('on %s', (_name, type, present) => {
  let session: Session;
  beforeAll(async () => {
    if (present)
      session = await type([...SCRIPTS, 'uname -a', 'ps -ef', 'nosuchcommand; echo $?', 'cat /nosuch', 'ls -l /dev/null']);
  }, 200_000);

  test.skipIf(!present)('it boots to a prompt, and powers off', () => {
    expect(session.banner).toMatch(/^SunOS Release 5\.11 Version diorama_\d{8}T\d{6}Z 64-bit$/m);
    expect(session.status).toBe(0);
  });

  test.skipIf(!present).each(SCRIPTS.map((script, index) => [script, index] as const))('%s', (script, index) => {
    expect(session.outputs[index]).toBe(dash(script));
  });

  test.skipIf(!present)('names and errors are those of illumos', () => {
    const [uname, ps, missing, cat, device] = session.outputs.slice(SCRIPTS.length);
    expect(uname).toMatch(/^SunOS diorama 5\.11 diorama_\d{8}T\d{6}Z i86pc i386 i86pc\n$/);
    expect(ps).toMatch(/^ +UID +PID +PPID +C +STIME TTY +TIME CMD\n +root +1 +0 .*\/sbin\/init\n(.*\n)*.* ps -ef\n$/);
    expect(missing).toBe('sh: nosuchcommand: command not found\n127\n');
    expect(cat).toBe('cat: /nosuch: No such file or directory\n');
    expect(device).toMatch(/^crw-rw-rw- +1 root +(sys|3) +13, +2 .* \/dev\/null\n$/);
  });
});

// The interrupted program goes on with every register as it was: the shell is in the middle of something.
test.skipIf(!hasQemu())('^C ends a busy loop of the shell, which goes on', async () => {
  const child = onQemu();
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  let text = '';
  const steps: [wait: RegExp, type: string][] = [
    [PROMPT, 'while :; do :; done\n'],
    [/done\n$/, '\x03'],
    [PROMPT, 'echo status $?\n'],
    [PROMPT, 'poweroff\n'],
  ];
  let all = '';
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString('latin1').replaceAll('\r', '');
    if (!steps[0]?.[0].test(text)) return;
    const type = steps.shift()?.[1];
    all += text;
    text = '';
    setTimeout(() => child.stdin?.write(type), 200);
  });
  await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(timer);
  expect(all).toContain('^C\n');
  expect(all).toContain('\nstatus 130\n');
});

test('without an archive the kernel panics with a reason and a symbolised stack, exit 3', () => {
  const words = [join(projectRoot(), 'tools/diorama.js'), 'run', '--kernel', kernel, '--memory', '256M'];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'latin1', input: '', timeout: 60_000 });
  expect(stdout).toContain('panic: no boot archive');
  expect(stdout).toMatch(/at 0x[0-9a-f]+ guest-os\/boot\/main\/makeRoot\+0x[0-9a-f]+ \(guest-os\/boot\/main\.ts:\d+\)/);
  expect(status).toBe(3);
});

test('an archive that is cut is refused by name', () => {
  const broken = join(directory, 'broken');
  writeFileSync(broken, new Uint8Array(600).fill(0x30));
  const words = [join(projectRoot(), 'tools/diorama.js'), 'run', '--kernel', kernel, '--initrd', broken, '--memory', '256M'];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'latin1', input: '', timeout: 60_000 });
  expect(stdout).toContain('panic: boot archive: no header where one should be');
  expect(status).toBe(3);
});

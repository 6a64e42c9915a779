// SPDX-License-Identifier: MIT
/**
 * The operating system, from its kernel and boot archive to a shell, on our machine and on QEMU. What scripts print is what dash prints
 * for them, run beside it.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../toolchain/asc/root.ts';
import { haveOracles } from '../../tools/oracles.js';
import { buildImage, type Image, LOGIN, MACHINES, makeCd, PROMPT, qemu, type Session, typeOnQemu } from './session.ts';

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 300_000);
afterAll(() => image.remove());

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
  const { stdout } = spawnSync('dash', ['-c', script], { cwd: image.directory, encoding: 'latin1', timeout: 20_000 });
  return stdout;
};

// Without QEMU, or dash to compare with, the other half is still tested.
describe.each(MACHINES)('on %s', (_name, type, present) => {
  let session: Session;
  beforeAll(async () => {
    if (present)
      session = await type(image, [...SCRIPTS, 'uname -a', 'ps -ef', 'nosuchcommand; echo $?', 'cat /nosuch', 'ls -l /dev/null']);
  }, 200_000);

  test.skipIf(!present)('it boots to a login, and root is asked for no password', () => {
    expect(session.banner).toMatch(/^SunOS Release 5\.11 Version diorama_\d{8}T\d{6}Z 64-bit$/m);
    expect(session.banner).toContain('\nHostname: diorama\n');
    expect(session.banner).toMatch(/\ndiorama ttya login: root\n(Last login: .*\n)?Diorama \(build: \d{8}T\d{6}Z\)\n/);
    expect(session.status).toBe(0);
  });

  test.skipIf(!present).each(SCRIPTS.map((script, index) => [script, index] as const))('%s', (script, index) => {
    expect(session.outputs[index]).toBe(dash(script));
  });

  test.skipIf(!present)('names and errors are those of illumos', () => {
    const [uname, ps, missing, cat, device] = session.outputs.slice(SCRIPTS.length);
    expect(uname).toMatch(/^SunOS diorama 5\.11 diorama_\d{8}T\d{6}Z i86pc i386 i86pc\n$/);
    expect(ps).toMatch(/^ +UID +PID +PPID +C +STIME TTY +TIME CMD\n +root +1 +0 .*\/sbin\/init\n(.*\n)*.* ps -ef\n$/);
    expect(missing).toBe('-bash: nosuchcommand: command not found\n127\n');
    expect(cat).toBe('cat: /nosuch: No such file or directory\n');
    expect(device).toMatch(/^crw-rw-rw- +1 root +(sys|3) +13, +2 .* \/dev\/null\n$/);
  });
});

test.skipIf(!haveOracles('qemu-system-x86_64', 'grub-mkrescue', 'xorriso', '/usr/lib/grub/i386-pc/multiboot2.mod'))(
  'GRUB boots it from a CD, in QEMU',
  async () => {
    const { outputs, banner, status } = await typeOnQemu(image, ['svcs -H console-login'], ['-cdrom', makeCd(image)]);
    expect(banner).toContain('diorama ttya login: root\n');
    expect(outputs[0]).toMatch(/^online +\S+ svc:\/system\/console-login:default\n$/);
    expect(status).toBe(0);
  },
  150_000,
);

// The interrupted program goes on with every register as it was: the shell is in the middle of something.
test.skipIf(!haveOracles('qemu-system-x86_64'))('^C ends a busy loop of the shell, which goes on', async () => {
  const child = qemu(image);
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  let text = '';
  const steps: [wait: RegExp, type: string][] = [
    [LOGIN, 'root\n'],
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
  const words = [join(projectRoot(), 'tools/diorama.js'), 'run', '--kernel', image.kernel, '--memory', '256M'];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'latin1', input: '', timeout: 60_000 });
  expect(stdout).toContain('panic: no boot archive');
  expect(stdout).toMatch(/at 0x[0-9a-f]+ guest-os\/boot\/main\/makeRoot\+0x[0-9a-f]+ \(guest-os\/boot\/main\.ts:\d+\)/);
  expect(status).toBe(3);
});

test('an archive that is cut is refused by name', () => {
  const broken = join(image.directory, 'broken');
  writeFileSync(broken, new Uint8Array(600).fill(0x30));
  const words = [
    join(projectRoot(), 'tools/diorama.js'),
    'run',
    '--kernel',
    image.kernel,
    '--initrd',
    broken,
    '--memory',
    '256M',
  ];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'latin1', input: '', timeout: 60_000 });
  expect(stdout).toContain('panic: boot archive: no header where one should be');
  expect(status).toBe(3);
});

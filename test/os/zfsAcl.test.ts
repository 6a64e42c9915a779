// SPDX-License-Identifier: MIT
/**
 * Lists of access as users meet them: ls -V and -v, chmod A…, acl(2), what the kernel allows by them, and what new files get, on our machine and on QEMU. What is shown
 * and what is allowed is by acl(7), chmod(1), ls(1) and zfs(8) of illumos.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemWith } from './guestTests.ts';
import { type Image, MACHINES_WITH_POOL } from './session.ts';
import { typedBefore } from './typed.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zfs-acl-'));
  image = { directory, ...(await systemWith(directory, [])), remove: () => rmSync(directory, { recursive: true }) };
}, 300_000);
afterAll(() => image.remove());

const until = (command: string): string => `i=0; until ${command} || [ $((i+=1)) -gt 1500 ]; do sleep 0.1; done`;
/** As another user. */
const as = (user: string, command: string): string => `su ${user} -c "${command}"`;
const rights = 'ls -V f | tail +2';

const COMMANDS = {
  trivial: `${until('zfs list zones/var >/dev/null 2>&1 && mount | grep -q /var')}; zfs create zones/t; cd /zones/t; chmod 755 .; echo secret > f; chmod 640 f; ${rights}; ls -l f | cut -c1-11; mkdir d; ls -vd d | tail +2`,
  added: `chmod A+user:bin:read_data:allow f; ls -l f | cut -c1-11; ${rights}; ${as('bin', 'cat f; echo x >> f')}; ${as('adm', 'cat f')}`,
  changed: `chmod A0=user:bin:rw:allow f; ${rights} | head -1; chmod A1+user:adm:r:deny f; ${rights} | sed -n 2p; ${as('adm', 'cat f')}; chmod A1- f; chmod A-user:bin:rw:allow f; ls -l f | cut -c1-11; chmod A+everyone@:d:deny f; chmod A- f; ls -l f | cut -c1-11`,
  refused:
    'chmod A9- f; chmod A+user:nosuch:r:allow f; chmod A+user:bin:r:f:allow f; chmod A+user:bin:q:allow f; chmod A=user:bin:r:maybe f; chmod A+user:bin:r:allow /tmp; echo $?',
  denied: `chmod A+owner@:read_data:deny f; chown bin f; ${as('bin', 'cat f; chmod A- f; cat f')}; chown root f`,
  appended: `chmod A+user:bin:append_data:allow f; ${as('bin', 'echo more >> f; echo no > f')}; cat f; chmod A- f`,
  hidden: `chmod A+user:bin:read_attributes:deny f; ${as('bin', 'ls -l f')}; ls f; chmod A- f`,
  removed: `mkdir k; echo 1 > k/a; echo 2 > k/b; chmod A+user:bin:delete_child/execute:allow k; chmod A+user:adm:delete:allow k/b; ${as('bin', 'rm -f k/a; touch k/c')}; ${as('adm', 'rm -f k/b')}; ls k; chmod A+user:bin:add_file/execute:allow k; ${as('bin', 'touch k/c; mkdir k/d')}; ls k`,
  owned: `chmod A+user:bin:write_owner/write_acl/write_attributes:allow f; ${as('bin', 'touch -d 2001-02-03T04:05:06 f; chmod A+user:bin:write_data:allow f; chown adm f; chown bin f')}; ls -l f | cut -c1-11; ls -n f | tr -s ' ' | cut -d' ' -f3; chown root f; chmod A- f`,
  inherited:
    'chmod A+user:bin:rwx:fd:allow,group:adm:r:f:allow d; umask 022; echo n > d/n; mkdir d/e; ls -V d/n | tail +2; ls -Vd d/e | tail +2; mkdir d/e/g; ls -V d/e/g/.. | head -2',
  properties:
    'zfs set aclinherit=discard zones/t; echo n > d/none; ls -l d/none | cut -c1-11; zfs set aclinherit=noallow zones/t; chmod A+user:adm:w:f:deny d; echo n > d/deny; ls -V d/deny | sed -n 2p; ls -V d/deny | wc -l; zfs set aclinherit=restricted zones/t',
  modes:
    'chmod A+user:bin:rwx:allow f; zfs set aclmode=passthrough zones/t; chmod 600 f; ls -V f; zfs set aclmode=groupmask zones/t; chmod 640 f; ls -V f | sed -n 2p; zfs set aclmode=discard zones/t; chmod 600 f; ls -V f | wc -l',
  elsewhere:
    'echo n > /tmp/f; chmod A+user:bin:r:allow /tmp/f; ls -V /tmp/f | tail +2; cp -p d/n copy; ls -V copy | sed -n 2p; cp d/n plain; ls -l plain | cut -c1-11',
  long: 'i=0; while [ $i -lt 40 ]; do chmod A+user:$((2000+i)):r:allow f; i=$((i+1)); done; ls -V f | wc -l; zfs snapshot zones/t@s; chmod A- f; ls -V .zfs/snapshot/s/f | wc -l; sync; ls -V f | wc -l',
};

describe.each(MACHINES_WITH_POOL)('on %s', (_name, type, present) => {
  const output = typedBefore(COMMANDS, (commands) => type(image, commands), present, 1_300_000);
  const printed = (name: keyof typeof COMMANDS): string[] => output(name).split('\n').filter(Boolean);
  const when = test.skipIf(!present);
  const ENTRY = (who: string, mask: string, flags = '-------', type = 'allow'): string =>
    `    ${who.padStart(19)}:${mask}:${flags}:${type}`;
  const OWNER = ENTRY('owner@', 'rw-p--aARWcCos');
  const GROUP = ENTRY('group@', 'r-----a-R-c--s');
  const EVERYONE = ENTRY('everyone@', 'r-----a-R-c--s');
  const NOTHING = '------a-R-c--s';

  when('a list that says what the mode does, in letters and in words', () => {
    expect(printed('trivial')).toEqual([
      OWNER,
      GROUP,
      ENTRY('everyone@', NOTHING),
      '-rw-r----- ',
      '     0:owner@:list_directory/read_data/add_file/write_data/add_subdirectory',
      '         /append_data/read_xattr/write_xattr/execute/delete_child',
      '         /read_attributes/write_attributes/read_acl/write_acl/write_owner',
      '         /synchronize:allow',
      '     1:group@:list_directory/read_data/read_xattr/execute/read_attributes',
      '         /read_acl/synchronize:allow',
      '     2:everyone@:list_directory/read_data/read_xattr/execute/read_attributes',
      '         /read_acl/synchronize:allow',
    ]);
  });
  when('entries allow and deny, and are added, replaced and taken away', () => {
    expect(printed('added')).toEqual([
      '-rw-r-----+',
      ENTRY('user:bin', 'r-------------'),
      OWNER,
      GROUP,
      ENTRY('everyone@', NOTHING),
      'secret',
      'sh: f: cannot create: Permission denied',
      'cat: f: Permission denied',
    ]);
    expect(printed('changed')).toEqual([
      ENTRY('user:bin', 'rw------------'),
      ENTRY('user:adm', 'r-------------', '-------', 'deny'),
      'cat: f: Permission denied',
      '-rw-r----- ',
      '-rw-r----- ',
    ]);
    expect(
      printed('refused')
        .slice(0, 5)
        .every((line) => line.startsWith('chmod: ERROR: ')),
    ).toBe(true);
    expect(printed('refused').slice(5)).toEqual(['chmod: /tmp: Operation not applicable', '1']);
  });
  when('owners may always change the list; what is not denied in time is allowed', () => {
    expect(printed('denied')).toEqual(['cat: f: Permission denied', 'cat: f: Permission denied']);
    expect(printed('appended')).toEqual(['sh: f: cannot create: Permission denied', 'secret', 'more']);
  });
  when('attributes can be denied', () => {
    expect(printed('hidden')).toEqual(['ls: f: Permission denied', 'f']);
  });
  when('directories: who may delete, and make files or directories', () => {
    expect(printed('removed')).toEqual([
      'touch: cannot create k/c: Permission denied',
      'mkdir: Failed to make directory "k/d": Permission denied',
      'c',
    ]);
  });
  when('others may change times, list and owner where they are allowed to', () => {
    expect(printed('owned')).toEqual(['chown: f: Not owner', '--w-r-----+', '2']);
  });
  when('new files have what their directory hands on', () => {
    expect(printed('inherited').slice(0, 10)).toEqual([
      ENTRY('user:bin', 'rwx-----------', '------I'),
      ENTRY('group:adm', 'r-------------', '------I'),
      OWNER,
      GROUP,
      EVERYONE,
      ENTRY('user:bin', 'rwx-----------', 'fd----I'),
      ENTRY('group:adm', 'r-------------', 'f-i---I'),
      ENTRY('owner@', 'rwxp-DaARWcCos'),
      ENTRY('group@', 'r-x---a-R-c--s'),
      ENTRY('everyone@', 'r-x---a-R-c--s'),
    ]);
    expect(printed('inherited').at(-1)).toMatch(/^drwxr-xr-x\+ .* g$/);
    expect(printed('properties').map((line) => line.trimEnd())).toEqual([
      '-rw-r--r--',
      ENTRY('user:adm', '-w------------', '------I', 'deny'),
      '5',
    ]);
  });
  when('aclmode says what chmod leaves', () => {
    const lines = printed('modes');
    expect(lines[0]).toMatch(/^-rw-------\+ /);
    expect(lines.slice(1)).toEqual([
      ENTRY('user:bin', 'rwx-----------'),
      OWNER,
      ENTRY('group@', NOTHING),
      ENTRY('everyone@', NOTHING),
      ENTRY('user:bin', 'r-------------'),
      '4',
    ]);
  });
  when('on tmpfs there are modes; cp -p keeps lists; long ones are in snapshots too', () => {
    expect(printed('elsewhere').map((line) => line.trimEnd())).toEqual([
      'chmod: /tmp/f: Operation not applicable',
      OWNER,
      GROUP,
      EVERYONE,
      ENTRY('user:bin', 'rwx-----------', '------I'),
      '-rw-r--r--',
    ]);
    expect(printed('long')).toEqual(['44', '44', '4'].map((line) => expect.stringMatching(new RegExp(`^ *${line}$`))));
  });
});

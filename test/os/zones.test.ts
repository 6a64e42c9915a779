// SPDX-License-Identifier: MIT
/**
 * Zones on our machine and on QEMU: configured, installed, booted, entered, left, ended from outside and from inside, taken away; and what is refused
 * to a zone's root. Expectations are zones(7)'s, zoneadm(8)'s and zlogin(1)'s.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemWith } from './guestTests.ts';
import { type Image, MACHINES } from './session.ts';
import { typedBefore } from './typed.ts';

let image: Image;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'zones-'));
  image = { directory, ...(await systemWith(directory, ['escape'])), remove: () => rmSync(directory, { recursive: true }) };
}, 300_000);
afterAll(() => image.remove());

/** Waits until a command in the zone says what it should. */
const until = (command: string): string => `i=0; until ${command} || [ $((i+=1)) -gt 300 ]; do sleep 0.1; done`;
const LOGIN_THERE = until('[ "$(zlogin z1 svcs -H -o state console-login 2>/dev/null)" = online ]');

const COMMANDS = {
  none: 'zonename; zoneadm list -cv',
  mistakes:
    'zonecfg -z z1 info; zonecfg -z z1 create; zonecfg -z global create; zonecfg -z z1 "create; set brand=lx"; zonecfg -z z1 "create; set limitpriv=default,sys_config"; zonecfg -z z1 "create; set ip-type=both"; ' +
    'zoneadm -z z1 boot; zlogin z1; echo $?',
  configured:
    'zonecfg -z z1 "create; set zonepath=/zones/z1; set fs-allowed=dev,mntfs; add attr; set name=alias; set type=string; set value=web; end"; zoneadm -z z1 boot; zoneadm list -p; zoneadm list -cp',
  settings:
    'zonecfg -z z1 "set hostid=80f0c0FF; set scheduling-class=FSS"; zonecfg -z z1 info; zonecfg -z z1 "set hostid=ffffffff"; zonecfg -z z1 "set scheduling-class=RT"; grep -c "hostid=.80f0c0ff." /etc/zones/z1.xml; zonecfg help set; zonecfg -z z1 "help nothing"; zonecfg -z z1 help | wc -L; zonecfg -z z1 help | grep -c .; zoneadm 2>&1 | wc -L; zonecfg; echo $?',
  exported:
    'zonecfg -z z1 export > /tmp/e; zonecfg -z z2 -f /tmp/e; zonecfg -z z2 "set zonepath=/zones/z2"; zonecfg -z z2 info; zonecfg -z z2 delete -F; zoneadm list -c',
  booted: `zoneadm -z z1 install; mkdir /zones/z1/root/outside; mount -F tmpfs foreign /zones/z1/root/outside; : > /zones/z1/root/outside/file; zoneadm -z z1 boot; ${LOGIN_THERE}; zoneadm list -v`,
  own: 'a=$(hostid); [ $a = $(hostid) ] && hostid | wc -c; zlogin z1 "hostid; dmesg | wc -l; imgadm list"',
  inside: 'zlogin z1 "zonename; uname -n; zoneadm list; pwd; cd ..; pwd; ls -a / | sort | head -4; cat /etc/nodename"',
  services: `${until('[ "$(zlogin z1 svcs -H -o state | sort -u)" = online ]')}; zlogin z1 svcs -x; zlogin z1 svcs -H -o state | sort -u`,
  zoneOption:
    'svcs -z z1 -H -o fmri utmp; svcs -H -z z1 -o zone | uniq; svcs -z z9; svcprop -z z1 -p restarter/state utmp; svcadm -z z1 disable nosuch; zlogin z1 svcs -z z1; ptree -z z1 | grep -c svc.startd; ptree -z z1 | grep -c zoneadmd; ptree -z z9; kstat -p -z z1 -s zonename | cut -f2 | sort -u; kstat -z z9; echo $?',
  allZones:
    'svcs -Z utmp; svcs -ZHo zone,fmri utmp; svcs -HZ -o zone | uniq; svcs -HZ -o zone | svcs -H -vz z1 -o zone,fmri utmp; svcs -l utmp -z z1 | grep ^zone; svcs -LZ utmp; zlogin z1 "svcs -H -o zone utmp; svcs -Z"; svcs -HZ nosuch; echo $?; ' +
    'zlogin z1 svcadm mark maintenance utmp; until svcs -HZ utmp | grep "^z1  *maint"; do sleep 0.1; done > /tmp/o; svcs -xZ | head -3; svcs -xz z1 | wc -l; svcs -x; zlogin z1 svcadm clear utmp',
  status: 'zlogin z1 exit 7; echo $?; echo piped | zlogin z1 cat; echo "zonename; exit 3" | zlogin z1; echo $?',
  processes:
    'zlogin z1 "ps -e -o zone | sort -u"; ps -e -o zone | sort -u | tr -d " "; zlogin z1 "ps -e" | grep -c svc.startd; zlogin z1 "ls /proc/1"; zlogin z1 "kill -9 1; kill -9 $$"',
  devices: 'zlogin z1 "ls /dev; ls /dev/pts"',
  refused:
    'zlogin z1 "mknod /tmp/d b 1 1; echo x > /usr/x; mount -F tmpfs swap /mnt && umount /mnt && echo mounted; mount -F dev -o zone=1,console=pts/0 dev /mnt; zoneadm -z z1 halt; date 010100001999; ls -l /proc/self/root/zones"',
  links:
    'mkdir /tmp/out; touch /tmp/out/secret; zlogin z1 "mkdir -p /a/b; ln -s ../../../../../../../tmp/out /a/b/up; ls /a/b/up; cd /a/b; ls ../../../../tmp/out"',
  escape:
    'zonecfg -z z2 "create; set zonepath=/zones/z2"; zoneadm -z z2 install; zoneadm -z z2 ready; escape project & p=$!; zlogin z1 "escape $p $(zoneadm -z z2 list -p | cut -d: -f1) $(escape make)"; echo $?; ' +
    'zoneadm -z z2 halt; zoneadm -z z2 uninstall -F; zonecfg -z z2 delete -F; kill $p && echo alive; ipcs | grep -c 0xd10; ls -l /dev/null | cut -c1-10; hostname; zlogin z1 uname -n',
  killed: `a=$(pgrep -z z1 -x init | head -1); kill -9 $a; ${LOGIN_THERE}; zoneadm list -p | cut -d: -f2,3; [ "$(pgrep -z z1 -x init | head -1)" != $a ] && echo another`,
  rebooted: `a=$(zoneadm -z z1 list -p | cut -d: -f1); zlogin z1 reboot; ${until('[ "$(zoneadm -z z1 list -p | cut -d: -f1)" != $a ]')}; ${LOGIN_THERE}; zlogin z1 zonename`,
  halted: `zlogin z1 halt; ${until('zoneadm -z z1 list -p | grep installed')}; pgrep -z z1; mount | grep z1; ls /var/run/zones`,
  again:
    'zoneadm -z z1 ready; zoneadm -z z1 list -p; zoneadm -z z1 boot; zoneadm -z z1 boot; zoneadm -z z1 shutdown; zoneadm -z z1 halt; echo $?; zoneadm list',
  cloned: `zonecfg -z z3 "create; set zonepath=/zones/z3"; zoneadm -z z3 clone none; zoneadm -z z3 clone z1; cat /zones/z3/root/etc/nodename; ls -d /zones/z3/root/a/b; zoneadm -z z3 ready; zoneadm -z z3 move /zones/z4; zoneadm -z z3 halt; zoneadm -z z3 move /zones/z1; zoneadm -z z3 move /zones/z4; zoneadm -z z3 list -p; zonecfg -z z3 info zonepath; ls /zones; zoneadm -z z3 mark incomplete; zoneadm -z z3 boot; zoneadm -z z3 list -p; zoneadm -z z3 uninstall -F; zonecfg -z z3 delete -F`,
  removed:
    'zonecfg -z z1 delete -F; zoneadm -z z1 uninstall -F; zoneadm list -cp; zonecfg -z z1 delete -F; zoneadm list -cp; ls /zones /etc/zones',
};

describe.each(MACHINES)('on %s', (_name, type, present) => {
  const printed = typedBefore(COMMANDS, (commands) => type(image, commands), present, 300_000);
  const when = test.skipIf(!present);
  const HEAD = '  ID NAME             STATUS     PATH                           BRAND    IP    \n';
  const GLOBAL = '   0 global           running    /                              liveimg  shared\n';

  when('there is the global zone', () => {
    expect(printed('none')).toBe(`global\n${HEAD}${GLOBAL}`);
  });
  when('mistakes are told in one line, and configure nothing', () => {
    expect(printed('mistakes')).toBe(
      "zonecfg: z1: No such zone configured\nUse 'create' to begin configuring a new zone.\n" +
        'zonecfg: zonepath not specified\nzonecfg: global: invalid zone name\nzonecfg: brand lx is not known\n' +
        "zonecfg: sys_config: not permitted within a zone\nzonecfg: ip-type is shared or exclusive\nzoneadm: z1: No such zone configured\nzlogin: zone 'z1' unknown\n1\n",
    );
    expect(printed('configured')).toBe(
      "zoneadm: zone 'z1': must be installed before boot.\n0:global:running:/::liveimg:shared\n" +
        '0:global:running:/::liveimg:shared\n-:z1:configured:/zones/z1::joyent-minimal:shared\n',
    );
    expect(printed('exported')).toMatch(/^zonecfg: zonepath \(\/zones\/z1\) is in use by zone z1\n[\s\S]*\nglobal\nz1\n$/);
  });
  when('all that there is to set is shown, and help says what can be said', () => {
    const lines = printed('settings').split('\n');
    // In the order of zonecfg(8).
    expect(lines.slice(0, 10)).toEqual([
      'zonename: z1',
      'zonepath: /zones/z1',
      'brand: joyent-minimal',
      'autoboot: false',
      'bootargs: ',
      'limitpriv: ',
      'scheduling-class: FSS',
      'ip-type: shared',
      'hostid: 80f0c0ff',
      'fs-allowed: dev,mntfs',
    ]);
    expect(lines.slice(14, 20)).toEqual([
      'zonecfg: ffffffff: invalid hostid',
      'zonecfg: RT: invalid scheduling class',
      '1',
      'usage: set property=value',
      '\tsets a property, of the resource that was begun',
      'zonecfg: nothing: unknown subcommand',
    ]);
    // Sixteen subcommands, and four lines of what they are about, none wider than a terminal.
    const [width, count, other, usage] = [20, 21, 22, 23].map((at) => lines[at]);
    expect(Number(width)).toBeLessThanOrEqual(80);
    expect(count).toBe('20');
    expect(Number(other)).toBeLessThanOrEqual(80);
    expect(usage).toBe('usage: zonecfg -z zonename [-f file | subcommand [; subcommand ...]]');
    expect(lines.at(-2)).toBe('2');
    expect(printed('own')).toBe('9\n80f0c0ff\n2\nimgadm: can only be run from the global zone.\n');
  });
  when('a zone boots with its own services, name and root', () => {
    expect(printed('booted')).toBe(
      `${HEAD}${GLOBAL}   1 z1               running    /zones/z1                      joyent-minimal shared\n`,
    );
    expect(printed('inside')).toBe('z1\nz1\nz1\n/\n/\n.\n..\nbin\ndev\nz1\n');
    expect(printed('services')).toBe('online\n');
  });
  when('-z looks at one zone from outside', () => {
    const [one, ...rest] = printed('zoneOption').split('\n');
    expect(one).toBe('svc:/system/utmp:default');
    expect(rest).toEqual([
      'z1',
      "svcs: zone 'z9' is not running.",
      'online',
      "svcadm: Pattern 'nosuch' doesn't match any instances",
      'svcs: -z can only be used from the global zone.',
      '1',
      '0',
      'ptree: invalid zone: z9',
      'z1',
      '1',
      '',
    ]);
  });
  when('services of all zones are listed, with the zone of each', () => {
    const [head, ...rest] = printed('allZones').split('\n');
    expect(head).toBe('ZONE       STATE          STIME    FMRI');
    expect(rest[0]).toMatch(/^global {5}online {9}[^ ]+ +svc:\/system\/utmp:default$/);
    expect(rest[1]).toMatch(/^z1 {9}online {9}[^ ]+ +svc:\/system\/utmp:default$/);
    expect(rest.slice(2).filter((line) => !line.startsWith(' State:'))).toEqual([
      'global     svc:/system/utmp:default',
      'z1         svc:/system/utmp:default',
      'global',
      'z1',
      'z1         svc:/system/utmp:default',
      'zone         z1',
      '/var/svc/log/system-utmp:default.log',
      '/zones/z1/root/var/svc/log/system-utmp:default.log',
      'z1',
      'svcs: -Z can only be used from the global zone.',
      "svcs: Pattern 'nosuch' doesn't match any instances",
      '1',
      'svc:/system/utmp:default (utmpx monitoring)',
      '  Zone: z1',
      '8',
      '',
    ]);
  });
  when('zlogin passes input, output and status on', () => {
    expect(printed('status')).toBe('7\npiped\nz1\n3\n');
  });
  when('a zone sees its own processes, the global zone all', () => {
    expect(printed('processes')).toMatch(
      /\nls: \/proc\/1: No such file or directory\nbash: line 1: kill: \(1\) - No such process\nbash: line 1: kill: \(\d+\) - No such process\n$/,
    );
    expect(
      printed('processes')
        .split('\n')
        .slice(0, 2)
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['ZONE', 'z1']);
    expect(printed('processes').split('\n').slice(2, 5).sort()).toEqual(['ZONE', 'global', 'z1']);
  });
  when('its devices are few, and its terminals its own', () => {
    expect(printed('devices').trim().split(/\s+/).sort()).toEqual([
      '0',
      'console',
      'full',
      'kstat',
      'msglog',
      'null',
      'ptmx',
      'pts',
      'random',
      'syscon',
      'sysmsg',
      'systty',
      'tty',
      'urandom',
      'zero',
      'zfs',
    ]);
  });
  when('its root is refused what others share', () => {
    const lines = printed('refused').split('\n');
    expect(lines).toContain('bash: line 1: /usr/x: Read-only file system');
    expect(lines).toContain('mounted');
    expect(lines).toContain('mount: dev on /mnt: Not owner');
    expect(lines).toContain("zoneadm: zone 'z1': must be in the global zone to halt a zone");
    expect(lines).toContain('ls: /proc/self/root/zones: No such file or directory');
  });
  when('no link leads out of it', () => {
    expect(printed('links')).not.toContain('secret');
  });
  when('of every way out that its root tries, none leads out', () => {
    // Between them, what the shell says of its job.
    const lines = printed('escape')
      .split('\n')
      .filter((line) => !line.startsWith('['));
    expect(lines[0]).toMatch(/^\d+ checks, 0 failed$/);
    expect(lines.slice(1)).toEqual(['0', 'alive', '3', 'crw-rw-rw-', 'diorama', 'inside', '']);
  });
  when('its first process is started again when it is killed', () => {
    expect(printed('killed')).toBe('global:running\nz1:running\nanother\n');
  });
  when('it can boot again and halt from inside, and leaves nothing', () => {
    expect(printed('rebooted')).toBe('z1\n');
    expect(printed('halted')).toBe('-:z1:installed:/zones/z1::joyent-minimal:shared\n');
  });
  when('it goes through its states, and refuses those that it is in', () => {
    expect(printed('again')).toMatch(
      /^\d+:z1:ready:\/zones\/z1::joyent-minimal:shared\nzoneadm: zone 'z1': zone is already booted\nzoneadm: zone 'z1': zone is already halted\n1\nglobal\n$/,
    );
  });
  when('another one is made of it, which moves, and is marked', () => {
    expect(printed('cloned')).toBe(
      "zoneadm: zone 'z3': none: no zone to clone\nCopying /zones/z1...\nz3\n/zones/z3/root/a/b\nzoneadm: zone 'z3': must be installed and halted before move.\n" +
        "zoneadm: zone 'z3': zonepath (/zones/z1) is in use by zone z1\n-:z3:installed:/zones/z4::joyent-minimal:shared\nzonepath: /zones/z4\n" +
        "z1  z4\nzoneadm: zone 'z3': must be installed before boot.\n-:z3:incomplete:/zones/z4::joyent-minimal:shared\n",
    );
  });
  when('it is taken away', () => {
    expect(printed('removed')).toMatch(
      /^zonecfg: zone z1: is installed, uninstall it first\n0:global:running:\/::liveimg:shared\n-:z1:configured:[^\n]*\n0:global:[^\n]*\n\/etc\/zones:\nindex\n\n\/zones:\n/,
    );
  });
});

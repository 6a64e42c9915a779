// SPDX-License-Identifier: MIT
/**
 * Images and zones made of them, on our machine and on QEMU: what imgadm(8) of SmartOS says and does, brands, delegated datasets. A reboot lies between, which
 * everything outlasts: what QEMU has left on its disk is imported by our machine, and OpenZFS's zdb finds no error in it.
 */
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles, openZfs } from '../../tools/oracles.js';
import { buildImage, type Image, poolDrive, type Session, typeOnOurs, typeOnQemu } from './session.ts';
import { typedBefore } from './typed.ts';

const BASE = 'e6600761-73a7-4011-a164-6a96452a6df8';
const MINIMAL = 'b12ef1c6-4ed9-4fb2-9fed-25a69d79f131';
const NONE = '00000000-1111-4222-8333-444444444444';
const ZONE = '5ad3c1b4-5d4f-4d6b-8d7f-0123456789ab';

let image: Image;
beforeAll(async () => {
  image = await buildImage();
}, 300_000);
afterAll(() => image.remove());

/** Waits until a command in the zone says what it should. */
const until = (command: string): string => `i=0; until ${command} || [ $((i+=1)) -gt 300 ]; do sleep 0.1; done`;
const UP = until(`[ "$(zlogin $Z svcs -H -o state multi-user-server 2>/dev/null)" = online ]`);
const attr = (name: string, value: string): string => `add attr; set name=${name}; set type=string; set value=${value}; end`;

const COMMANDS = {
  sources: 'imgadm sources; imgadm sources -v | tail -1; imgadm sources -j | json -a type url; imgadm list',
  avail:
    'imgadm avail -o uuid,name,version,os,type; imgadm avail -H -o name name=~ini; imgadm avail -H -o name -s -name; imgadm avail -j | json -a manifest.name',
  imported: `imgadm import ${MINIMAL}; echo $?; imgadm import ${MINIMAL}; echo $?; imgadm list -H -o uuid,name,clones; zfs list -Ho name -t all -r zones/${MINIMAL}; ls /zones/${MINIMAL} /var/imgadm/images`,
  shown: `imgadm show ${MINIMAL} | json uuid v type os files.0.compression; imgadm get ${MINIMAL} | json manifest.name zpool source`,
  mistakes: [
    `imgadm import ${NONE}`,
    `imgadm get ${BASE}`,
    `imgadm delete ${BASE}`,
    'imgadm get X',
    'imgadm get',
    'imgadm install',
    'imgadm frobnicate',
    `imgadm create ${NONE} name=a version=1`,
  ]
    .map((command) => `${command} 2>&1; echo $?`)
    .join('; '),
  damaged:
    `cp /usr/share/images/${BASE}.* /var/tmp; cd /var/tmp; printf x | dd of=${BASE}.zfs.gz bs=1 seek=100 conv=notrunc 2>/dev/null; ` +
    `imgadm install -m ${BASE}.json -f ${BASE}.zfs.gz; echo $?`,
  invalid:
    `sed 's/"name": "base"/"name": ""/' ${BASE}.json >b.json; imgadm install -m b.json -f ${BASE}.zfs.gz; echo $?; ` +
    `imgadm list -H -o name; zfs list -Ho name | grep -c ${BASE}; rm ${BASE}.* b.json; cd`,
  installed: `imgadm install -q -m /usr/share/images/${BASE}.json -f /usr/share/images/${BASE}.zfs.gz; imgadm list -H -o name -s name`,
  configured: `Z=${ZONE}; zonecfg -z $Z "create; set zonepath=/zones/$Z; set brand=joyent; add dataset; set name=zones/$Z/data; end"`,
  attributes: `zonecfg -z $Z "${attr('hostname', 'web1')}; ${attr('resolvers', '192.0.2.1,192.0.2.2')}; ${attr('dns-domain', 'example.com')}"`,
  zone: `zoneadm -z $Z install -q 5 -t ${NONE}; zoneadm -z $Z uninstall -F; zoneadm -z $Z install -q 5 -t ${BASE}; zfs create zones/$Z/data; zfs create zones/other; zfs get -Ho value origin,quota,devices zones/$Z`,
  booted: `zoneadm -z $Z boot; ${UP}`,
  inside: `zlogin $Z "hostname; cat /etc/nodename /etc/resolv.conf /etc/product; grep -c Instance /etc/motd; svcs -H -o state | sort -u; touch /usr/x"`,
  used: `imgadm delete ${BASE}; echo $?; imgadm get -r ${BASE} | json children.clones.0; imgadm create $Z name=a version=1; echo $?`,
  delegated: `zlogin $Z "zfs list -Ho name; zfs get -Ho value zoned zones/$Z/data; zfs create zones/$Z/data/a; echo kept >/zones/$Z/data/a/f; zfs snapshot zones/$Z/data/a@s"`,
  received: `zlogin $Z "zfs send zones/$Z/data/a@s | zfs receive zones/$Z/data/b; cat /zones/$Z/data/b/f; zpool list -Ho name"`,
  refused: `zlogin $Z "zfs set quota=1g zones/$Z/data; zfs list zones/other; mount -F zfs zones/other /mnt; mount -F zfs zones/$Z /mnt; zpool scrub zones; zfs create zones/x" 2>&1`,
  outside: `zfs mount zones/$Z/data 2>&1; mkdir /tmp/m; mount -F zfs zones/$Z/data/b /tmp/m 2>&1; zfs list -Ho name -r zones/$Z`,
  created: `zoneadm -z $Z halt; cd /var/tmp; imgadm create -c gzip $Z name=web version=1.0.0 | tail -2; imgadm create -i -o inc $Z name=web2 version=1.0.0 | tail -2; zfs list -Ho name -t snapshot`,
  described: 'json type files.0.compression <web-1.0.0.imgmanifest; json origin <inc.imgmanifest; ls',
  own: 'imgadm install -m web-1.0.0.imgmanifest -f web-1.0.0.zfs.gz | cut -d" " -f1,2,4; imgadm install -m inc.imgmanifest -f inc.zfs | cut -d" " -f1,2,4; imgadm list -H -o name -s name; imgadm ancestry -H -o name $(json uuid <inc.imgmanifest); cd',
  vacuum: 'imgadm vacuum -n | tail -3 | cut -d"(" -f2 | sort; imgadm vacuum -f >/dev/null; imgadm list -H -o name',
  cloned: `zonecfg -z c "create; set zonepath=/zones/c"; zoneadm -z c clone $Z; zfs list -Ho name,origin -r zones/c; cat /zones/c/root/etc/nodename; zoneadm -z c move /zones/d; zfs list -Ho name,mountpoint -r zones/d; zoneadm -z c uninstall -F; zonecfg -z c delete -F; zfs destroy zones/$Z@SUNWzone1`,
};
const AFTER = {
  again: `Z=${ZONE}; imgadm list -H -o name; zoneadm list -cp | cut -d: -f2,3,6; ls /zones/${BASE}; zoneadm -z ${ZONE} boot; ${UP}; zlogin ${ZONE} "cat /zones/${ZONE}/data/a/f"`,
  gone: `zoneadm -z ${ZONE} halt; zoneadm -z ${ZONE} uninstall -F; zonecfg -z ${ZONE} delete -F; imgadm delete ${BASE}; imgadm list; zfs list -Ho name; ls /zones`,
};

const zdb = openZfs();
const hasQemu = haveOracles('qemu-system-x86_64');
let disk = '';

function onDisk(commands: readonly string[]): Promise<Session> {
  const { file, options } = poolDrive(image, 512);
  disk = file;
  return typeOnQemu(image, commands, undefined, options);
}

describe.each([
  ['our machine', (commands: readonly string[]) => typeOnOurs(image, commands, ['--disk', 'mem:1G:pool']), true],
  ['QEMU', onDisk, hasQemu],
] as const)('on %s', (_name, type, present) => {
  const printed = typedBefore(COMMANDS, type, present, 300_000);
  const when = test.skipIf(!present);

  when('there is a source with two images, and none is installed', () => {
    expect(printed('sources')).toBe(
      'file:///usr/share/images\nfile:///usr/share/images  dir\ndir file:///usr/share/images\nUUID  NAME  VERSION  OS  TYPE  PUB\n',
    );
    expect(printed('avail').split('\n')).toEqual([
      'UUID                                  NAME     VERSION  OS       TYPE',
      `${BASE}  base     1.0.0    smartos  zone-dataset`,
      `${MINIMAL}  minimal  1.0.0    smartos  zone-dataset`,
      ...['minimal', 'minimal', 'base', 'base', 'minimal', ''],
    ]);
  });
  when('an image is imported once, as a dataset with @final and a manifest', () => {
    const lines = printed('imported').split('\n');
    expect(lines.slice(0, 2)).toEqual([
      `Importing ${MINIMAL} (minimal@1.0.0) from "file:///usr/share/images"`,
      `Gather image ${MINIMAL} ancestry`,
    ]);
    expect(lines[2]).toMatch(/^Must download and install 1 image \([\d.]+ KiB\)$/);
    expect(lines.slice(3)).toEqual([
      `Imported image ${MINIMAL} (minimal@1.0.0)`,
      '0',
      `Image ${MINIMAL} (minimal@1.0.0) is already installed, skipping`,
      '0',
      `${MINIMAL}  minimal  0`,
      `zones/${MINIMAL}`,
      `zones/${MINIMAL}@final`,
      '/var/imgadm/images:',
      `zones-${MINIMAL}.json`,
      '',
      `/zones/${MINIMAL}:`,
      'root',
      '',
    ]);
    expect(printed('shown')).toBe(`${MINIMAL}\n2\nzone-dataset\nsmartos\ngzip\nminimal\nzones\nfile:///usr/share/images\n`);
  });
  when('mistakes have a code, a message and a status', () => {
    expect(printed('mistakes').split('\n')).toEqual([
      `imgadm import: error (ImageNotFound): image "${NONE}" was not found`,
      '1',
      `imgadm get: error (ImageNotInstalled): image "${BASE}" was not found on zpool "zones"`,
      '3',
      `imgadm delete: error (ImageNotInstalled): image "${BASE}" was not found on zpool "zones"`,
      '3',
      'imgadm get: error (InvalidUUID): invalid uuid: "X"',
      '1',
      'imgadm get: error (Usage): incorrect number of args (0)',
      '2',
      'imgadm install: error (Usage): missing path to image manifest (-m MANIFEST)',
      '2',
      'imgadm: error (UnknownCommand): unknown command: "frobnicate"',
      '2',
      `imgadm create: error (VmNotFound): vm "${NONE}" was not found`,
      '1',
      '',
    ]);
  });
  when('a file that is not what the manifest says is refused, and so is a bad manifest', () => {
    expect(printed('damaged')).toMatch(
      /\nimgadm install: error \(DownloadError\): .* has the sha1 \w{40}, the manifest says \w{40}\n1\n$/,
    );
    expect(printed('invalid')).toMatch(
      /\nimgadm install: error \(ManifestValidation\): invalid manifest: name\n1\nminimal\n0\n$/,
    );
    expect(printed('installed')).toMatch(/\nInstalled image \S+ \(base@1.0.0\)\nbase\nminimal\n$/);
  });
  when('a zone is a clone of an image, with its own name and resolvers', () => {
    const lines = printed('zone').split('\n');
    expect(lines[0]).toBe(`cannot open 'zones/${NONE}@final': dataset does not exist`);
    expect(lines[1]).toMatch(/^zoneadm: zone '[^']+': could not clone/);
    expect(lines.slice(2)).toEqual([`zones/${BASE}@final`, '5G', 'off', '']);
    expect(printed('inside').split('\n')).toEqual([
      ...['web1', 'web1', 'search example.com', 'nameserver 192.0.2.1', 'nameserver 192.0.2.2'],
      ...['Name: Diorama Instance', 'Image: base 1.0.0', '1', 'online', 'touch: cannot create /usr/x: Read-only file system', ''],
    ]);
  });
  when('what is in use stays', () => {
    expect(printed('used').split('\n')).toEqual([
      `imgadm delete: error (ImageHasDependentClones): image "${BASE}" has dependent clones: zones/${ZONE}`,
      '1',
      `zones/${ZONE}`,
      `imgadm create: error (VmNotStopped): vm "${ZONE}" is not stopped`,
      '1',
      '',
    ]);
  });
  when("a delegated dataset is the zone's, and nothing else is", () => {
    expect(printed('delegated')).toBe(`zones\nzones/${ZONE}\nzones/${ZONE}/data\non\n`);
    expect(printed('received')).toBe('kept\nzones\n');
    expect(printed('refused').split('\n')).toEqual([
      `cannot set property for 'zones/${ZONE}/data': permission denied`,
      "cannot open 'zones/other': dataset does not exist",
      'mount: zones/other on /mnt: Not owner',
      `mount: zones/${ZONE} on /mnt: Not owner`,
      'cannot scrub zones: permission denied',
      "cannot create 'zones/x': permission denied",
      '',
    ]);
    expect(printed('outside').split('\n')).toEqual([
      `cannot mount 'zones/${ZONE}/data': dataset is exported to a local zone`,
      `mount: zones/${ZONE}/data/b on /tmp/m: Not owner`,
      ...['', '/data', '/data/a', '/data/b'].map((name) => `zones/${ZONE}${name}`),
      '',
    ]);
  });
  when('a zone is made of another one by a clone of its dataset, which moves with it', () => {
    expect(printed('cloned')).toBe(
      `Instead of copying, a ZFS clone has been created for this zone.\nzones/c\tzones/${ZONE}@SUNWzone1\nc\nzones/d\t/zones/d\n`,
    );
  });
  when('a stopped zone becomes an image, also as an increment, and no snapshot stays', () => {
    expect(printed('created').split('\n')).toEqual([
      'Saving image to "web-1.0.0.zfs.gz"',
      'Saving manifest to "web-1.0.0.imgmanifest"',
      'Saving image to "inc.zfs"',
      'Saving manifest to "inc.imgmanifest"',
      ...['a', 'b'].map((name) => `zones/${ZONE}/data/${name}@s`),
      `zones/${MINIMAL}@final`,
      `zones/${BASE}@final`,
      '',
    ]);
    expect(printed('described')).toBe(
      `zone-dataset\ngzip\n${BASE}\ninc.imgmanifest  inc.zfs  web-1.0.0.imgmanifest  web-1.0.0.zfs.gz\n`,
    );
    expect(printed('own')).toBe(
      'Installing image (web@1.0.0)\nInstalled image (web@1.0.0)\nInstalling image (web2@1.0.0)\nInstalled image (web2@1.0.0)\n' +
        'base\nminimal\nweb\nweb2\nweb2\nbase\n',
    );
    expect(printed('vacuum')).toBe('minimal@1.0.0)\nweb2@1.0.0)\nweb@1.0.0)\nbase\n');
  });
});

describe.skipIf(!hasQemu)('on our machine, from the disk that QEMU has left', () => {
  let session: Session;
  beforeAll(async () => {
    session = await typeOnOurs(image, Object.values(AFTER), ['--disk', disk]);
  }, 300_000);
  test('images and zones are there, and boot', () => {
    expect(session.outputs[0].split('\n')).toEqual([
      'base',
      'global:running:liveimg',
      `${ZONE}:installed:joyent`,
      'root',
      'kept',
      '',
    ]);
    const lines = session.outputs[1].split('\n');
    expect(lines.slice(0, 2)).toEqual([`Deleted image ${BASE}`, 'UUID  NAME  VERSION  OS  TYPE  PUB']);
    const own = ['', '/archive', '/config', '/cores', '/cores/global', '/dump', '/opt', '/other', '/usbkey', '/var'];
    expect(lines.slice(2, 2 + own.length)).toEqual(own.map((name) => `zones${name}`));
    expect(lines.slice(2 + own.length)).toEqual(['archive  global  other', '']);
  });
  test.skipIf(!zdb)('zdb finds no error', () => {
    const blocks = zdb?.('zdb', ['-e', '-p', dirname(disk), '-bcc', 'zones']);
    expect(blocks?.output).toContain('No leaks (block sum matches space maps exactly)');
    expect(blocks?.status).toBe(0);
  });
});

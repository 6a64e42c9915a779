// SPDX-License-Identifier: MIT
/**
 * The life of a VM through vmadm, on our machine and on QEMU: what a user of SmartOS tries in the first hour with VMs (made from an image, listed, changed,
 * entered, stopped, started, snapshots, metadata, deleted). The texts are those of vmadm(8), imgadm(8), mdata-get(1) and zoneadm(8) there.
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
  const directory = mkdtempSync(join(tmpdir(), 'vmadm-'));
  image = { directory, ...(await systemWith(directory, [])), remove: () => rmSync(directory, { recursive: true }) };
}, 600_000);
afterAll(() => image.remove());

const MINIMAL = 'b12ef1c6-4ed9-4fb2-9fed-25a69d79f131';
const ONE = '54f1cc77-68f1-42ab-acac-5c4f64f5d6e0';
const TWO = '0be52a95-1d2b-4c4e-8d34-0c9e1d9d7c55';
const NONE = '99999999-0000-4000-8000-000000000000';
const PAYLOAD = {
  uuid: ONE,
  brand: 'joyent-minimal',
  image_uuid: MINIMAL,
  alias: 'web0',
  hostname: 'webhost',
  ram: 128,
  quota: 1,
  max_lwps: 500,
  fs_allowed: ['mntfs'],
  tags: { role: 'web' },
  nics: [{ nic_tag: 'admin', ip: '10.0.0.5', netmask: '255.255.255.0', gateway: '10.0.0.1', primary: true }],
  resolvers: ['10.0.0.1'],
  customer_metadata: { 'user-script': 'echo "$(zonename) $(mdata-get sdc:alias)" >> /var/tmp/ran' },
  internal_metadata: { root_pw: 'secret', 'ops:note': 'inner' },
  internal_metadata_namespaces: ['ops'],
};
const json = (value: unknown): string => `'${JSON.stringify(value)}'`;
/** Waits until a command in the VM says what it should. */
const until = (command: string): string => `i=0; until ${command} || [ $((i+=1)) -gt 600 ]; do sleep 0.1; done`;
const MDATA_DONE = until(`[ "$(zlogin ${ONE} svcs -H -o state mdata:execute)" = online ]`);

const COMMANDS = {
  empty: 'vmadm list; vmadm list -H; vmadm lookup; vmadm lookup -1; echo $?',
  avail:
    'imgadm avail -H -o uuid,name; imgadm avail -H -o name type=zvol; imgadm avail -H -o name -s name type=zone-dataset; imgadm avail | head -1',
  imported: `imgadm import -q ${MINIMAL}; imgadm import -q ${MINIMAL}; imgadm list -H -o uuid,name,version`,
  refused:
    'vmadm create 2>/tmp/o; echo $?; head -1 /tmp/o; vmadm bogus 2>/tmp/o; echo $?; head -1 /tmp/o; vmadm get x 2>/tmp/o; echo $?; head -1 /tmp/o; vmadm create -f /none; echo $?; ' +
    'vmadm list x=1; vmadm list -o x; vmadm list -s x; vmadm lookup x=1; vmadm lookup -o uuid; vmadm send x; echo $?',
  bad: `echo '{"ram": -1, "brand": "joyent-minimal", "image_uuid": "${MINIMAL}"}' | vmadm create; echo $?; echo '{"brand": "joyent"}' | vmadm create; echo '{' | vmadm create; echo $?; echo '{"brand": "joyent", "x": 1}' | vmadm validate create; echo $?; vmadm list -H; zoneadm list -c; ls /etc/zones`,
  valid: `echo ${json(PAYLOAD)} > /tmp/one.json; vmadm validate create -f /tmp/one.json; echo '{"quota": 5}' | vmadm validate update joyent`,
  created: 'vmadm create -f /tmp/one.json > /tmp/out; echo $?; cat /tmp/out; vmadm list; vmadm create -f /tmp/one.json; echo $?',
  got: `vmadm get ${ONE} | json alias state brand max_physical_memory max_swap quota cpu_shares zone_state hostname nics.0.ips nics.0.ip tags.role resolvers autoboot; vmadm get ${NONE}; echo $?`,
  listed: `vmadm list -p -o uuid,alias,nics.0.ip,tags.role,quota; vmadm list -H -o alias alias=~^we; vmadm list -H -o alias alias=~^x; vmadm lookup -1 tags.role=web; vmadm lookup -j -o alias,state nics.*.ip=10.0.0.5; zonememstat -aHz ${ONE} | tr -s ' ' | cut -d' ' -f 2,3,5`,
  zones: `zoneadm list -cv; zoneadm list -p | cut -d: -f2,3,5; zonecfg -z ${ONE} info ip-type; zlogin ${ONE} zoneadm list -p | cut -d: -f2,7; zfs list -H -o name,quota,origin zones/${ONE}; zpool status zones | head -1; ls /zones/${ONE}`,
  entered: `zlogin ${ONE} 'zonename; uname -n; id -un; cat /etc/resolv.conf; ls /proc/1 /zones'; prctl -n zone.max-lwps -i zone ${ONE} | grep privileged; for i in msg sem shm; do prctl -P -n zone.max-$i-ids -t privileged -i zone ${ONE}; done; zlogin ${ONE} 'touch /tmp/m; mount -F mntfs m /tmp/m && grep -c /tmp/m < /tmp/m; mount -F ctfs c /mnt'`,
  // By hand: what follows is typed inside.
  login: `echo "a message" > /zones/${ONE}/root/etc/motd; zlogin ${ONE}`,
  within: 'zonename; id -un; ps -e -o zone | sort -u',
  left: 'exit',
  pool: 'zpool status; zfs list -H -o name -d 1 zones',
  metadata:
    `zlogin ${ONE} 'mdata-get sdc:uuid; mdata-get none; echo $?; mdata-put color blue; mdata-get color; echo "two lines" | mdata-put more; mdata-list; mdata-delete more; mdata-delete more; echo $?; mdata-get more; mdata-get; echo $?; ` +
    `mdata-get root_pw; mdata-get ops:note; mdata-put ops:note x; echo $?; mdata-put sdc:alias x; echo $?; mdata-get sdc:tags.role; mdata-get sdc:customer_metadata'; vmadm get ${ONE} | json -j customer_metadata.color; mdata-get color; echo $?`,
  ran: `cat /zones/${ONE}/root/var/tmp/ran`,
  updated:
    `vmadm update ${ONE} quota=2 max_lwps=600 alias=web1; echo '{"set_tags": {"size": 3}, "remove_tags": ["role"], "add_nics": [{"nic_tag": "x", "ip": "dhcp"}], "set_customer_metadata": {"color": "red"}}' | vmadm update ${ONE}; ` +
    `vmadm get ${ONE} | json alias quota max_lwps nics.1.interface nics.1.ips customer_metadata.color; vmadm get ${ONE} | json tags; zfs get -H -o value quota zones/${ONE}; prctl -n zone.max-lwps -i zone ${ONE} | grep privileged; zlogin ${ONE} mdata-get color; vmadm update ${ONE} quota=x; echo $?; vmadm update ${ONE} foo=1; echo $?`,
  live:
    `vmadm update ${ONE} cpu_cap=50 cpu_shares=200 zfs_io_priority=50 max_physical_memory=200 max_swap=300 max_locked_memory=100 zfs_root_compression=gzip zfs_root_recsize=8192; ` +
    `for i in cpu-cap cpu-shares zfs-io-priority max-physical-memory max-swap max-locked-memory; do prctl -P -n zone.$i -t privileged -i zone ${ONE}; done; zfs get -Hp -o value compression,recordsize zones/${ONE}; ` +
    `vmadm update ${ONE} cpu_cap=0 max_physical_memory=128; prctl -P -n zone.cpu-cap -i zone ${ONE} | grep -c privileged; vmadm get ${ONE} | json cpu_shares max_physical_memory max_swap max_locked_memory zfs_io_priority`,
  snapshot:
    `echo one > /zones/${ONE}/root/root/f; vmadm create-snapshot ${ONE} s1; vmadm create-snapshot ${ONE} s1; vmadm create-snapshot ${ONE} a/b; echo two > /zones/${ONE}/root/root/f; vmadm create-snapshot ${ONE} s2; vmadm get ${ONE} | json -a snapshots.0.name snapshots.1.name; ` +
    `vmadm rollback-snapshot ${ONE} s1; cat /zones/${ONE}/root/root/f; vmadm get ${ONE} | json -a snapshots.0.name snapshots.1.name state; vmadm rollback-snapshot ${ONE} none; echo $?; vmadm delete-snapshot ${ONE} s1; vmadm get ${ONE} | json -j snapshots`,
  again: `${MDATA_DONE}; cat /zones/${ONE}/root/var/tmp/ran`,
  stopped: `vmadm stop ${ONE}; vmadm stop ${ONE}; echo $?; vmadm list -H -o state,autoboot; vmadm reboot ${ONE}; vmadm start ${ONE}; vmadm start ${ONE}; echo $?; vmadm list -H -o state,autoboot; ${MDATA_DONE}; wc -l < /zones/${ONE}/root/var/tmp/ran`,
  rebooted: `a=$(vmadm list -H -o zoneid); vmadm reboot ${ONE}; [ "$(vmadm list -H -o zoneid)" != "$a" ] && echo another; a=$(vmadm list -H -o zoneid); vmadm reboot -F ${ONE}; [ "$(vmadm list -H -o zoneid)" != "$a" ] && echo another; vmadm stop -F ${ONE}; vmadm start ${ONE}`,
  console: `printf '\\r\\035.' | vmadm console ${ONE} | grep Conn`,
  kept: `vmadm update ${ONE} indestructible_zoneroot=true; vmadm delete ${ONE}; echo $?; vmadm list -H -o state; vmadm update ${ONE} indestructible_zoneroot=false`,
  two: `echo ${json({ ...PAYLOAD, uuid: TWO, alias: 'db0', ram: 64, autoboot: false, nics: [], delegate_dataset: true, internal_metadata_namespaces: undefined })} | vmadm create; vmadm list -o uuid,ram,state; vmadm list -H -o alias -s -ram; vmadm create-snapshot ${TWO} s; vmadm get ${TWO} | json datasets`,
  failed: `echo ${json({ brand: 'joyent-minimal', image_uuid: MINIMAL, uuid: NONE, ram: 64, customer_metadata: { 'user-script': 'exit 3' } })} | vmadm create; echo $?; vmadm list -H -o state uuid=${NONE}; vmadm delete ${NONE}`,
  deleted: `vmadm delete ${ONE}; vmadm delete ${TWO}; vmadm delete ${TWO}; echo $?; vmadm list; zoneadm list -c; zfs list -H -o name | grep -c -e ${ONE} -e ${TWO}; ls /etc/zones /var/zonecontrol`,
};

describe.each(MACHINES_WITH_POOL)('on %s', (_name, type, present) => {
  const printed = typedBefore(COMMANDS, (commands) => type(image, commands), present, 1_300_000);
  const when = test.skipIf(!present);
  const HEAD = 'UUID                                  TYPE  RAM      STATE             ALIAS\n';

  when('there is nothing yet', () => {
    expect(printed('empty')).toBe(`${HEAD}Requested unique lookup but found 0 results.\n1\n`);
    expect(printed('avail')).toContain(`${MINIMAL}  minimal\n`);
    expect(printed('avail')).toMatch(/\nbase\nminimal\nUUID +NAME +VERSION +OS +TYPE +PUB\n$/);
  });
  when('an image is installed', () => {
    const lines = printed('imported').split('\n');
    expect(lines).toContain(`Imported image ${MINIMAL} (minimal@1.0.0)`);
    expect(lines).toContain(`Image ${MINIMAL} (minimal@1.0.0) is already installed, skipping`);
    expect(lines.at(-2)).toMatch(new RegExp(`^${MINIMAL} +minimal +1.0.0$`));
  });
  when('wrong usage is refused', () => {
    expect(printed('refused')).toBe(
      '2\nWill not create from stdin when stdin is a tty.\n2\nInvalid command: "bogus".\n2\nInvalid or missing UUID for get\nFile: /none does not exist.\n1\n' +
        'Invalid filter key: "x"\nInvalid order key: "x"\nInvalid sort key: "x"\nInvalid lookup key: "x"\nCannot specify -o without -j\nvmadm send is not implemented\n1\n',
    );
  });
  when('bad payloads make nothing', () => {
    expect(printed('bad')).toMatch(
      /^Invalid value\(s\) for: ram\n1\nMissing required properties: image_uuid\nInvalid JSON payload: [^\n]*\n1\n\{\n {2}"bad_values": \[\],\n {2}"bad_properties": \[\n {4}"x"\n {2}\],\n {2}"missing_properties": \[\n {4}"image_uuid"\n {2}\]\n\}\n1\nglobal\n$/,
    );
    expect(printed('valid')).toBe(
      "VALID 'create' payload for joyent-minimal brand VMs.\nVALID 'update' payload for joyent brand VMs.\n",
    );
  });
  when('a VM is made and runs', () => {
    expect(printed('created')).toBe(
      `Successfully created VM ${ONE}\n0\n${HEAD}${ONE}  OS    128      running           web0\nVM with UUID ${ONE} already exists\n1\n`,
    );
    expect(printed('got')).toBe(
      'web0\nrunning\njoyent-minimal\n128\n256\n1\n100\nrunning\nwebhost\n[\n  "10.0.0.5/24"\n]\n10.0.0.5\nweb\n[\n  "10.0.0.1"\n]\ntrue\n' +
        `zoneadm: ${NONE}: No such zone configured\n1\n`,
    );
  });
  when('it is found by what it is', () => {
    expect(printed('listed')).toBe(
      `${ONE}:web0:10.0.0.5:web:1\nweb0\n${ONE}\n[\n  {\n    "alias": "web0",\n    "state": "running"\n  }\n]\n${ONE} web0 128\n`,
    );
  });
  when('it is a zone with a dataset', () => {
    const text = printed('zones');
    expect(text).toContain(`   0 global           running    /                              liveimg  `);
    expect(text).toMatch(new RegExp(`^ +1 ${ONE} running +/zones/${ONE} joyent-minimal excl`, 'm'));
    expect(text).toContain(`ip-type: exclusive\n${ONE}:excl\n`);
    expect(text).toMatch(new RegExp(`^${ONE}:running:${ONE}$`, 'm'));
    expect(text).toMatch(new RegExp(`^zones/${ONE}\\t1G\\tzones/${MINIMAL}@final$`, 'm'));
    expect(text).toContain('  pool: zones\n');
    expect(text).toMatch(/^config +root$|^config\nroot$/m);
  });
  when('it has its own name, processes and limits', () => {
    const lines = printed('entered').split('\n');
    expect(lines.slice(0, 3)).toEqual([ONE, 'webhost', 'root']);
    expect(lines).toContain('nameserver 10.0.0.1');
    expect(lines).toContain('ls: /proc/1: No such file or directory');
    expect(lines).toContain('ls: /zones: No such file or directory');
    expect(printed('entered')).toMatch(
      /privileged +500 [^\n]*\n(?:[^\n]*\n)*zone.max-msg-ids privileged 4096 - deny -\n(?:[^\n]*\n)*1\nmount: c on \/mnt: Not owner\n/,
    );
  });
  when('root logs in there, reads its message, sees its processes, and leaves', () => {
    expect(printed('login')).toMatch(
      new RegExp(`^\\[Connected to zone '${ONE}' pts/\\d+\\]\n(?:Last login: [^\n]*\n)?a message\n$`),
    );
    const [zone, user, ...zones] = printed('within').split('\n');
    expect([zone, user]).toEqual([ONE, 'root']);
    expect(zones.map((name) => name.trim()).sort()).toEqual(['', ONE, 'ZONE']);
    expect(printed('left')).toMatch(new RegExp(`\n\\[Connection to zone '${ONE}' pts/\\d+ closed\\]\n$`));
  });
  when('its pool is whole, and has the datasets of a system, of the image and of the VM', () => {
    const lines = printed('pool').split('\n');
    expect(lines.slice(0, 5)).toEqual(['  pool: zones', ' state: ONLINE', '  scan: none requested', 'config:', '']);
    expect(lines[5]).toMatch(/^\tNAME +STATE +READ WRITE CKSUM$/);
    expect(lines[6]).toMatch(/^\tzones +ONLINE +0 +0 +0$/);
    expect(lines[7]).toMatch(/^\t {2}c\d\S* +ONLINE +0 +0 +0$/);
    expect(lines).toContain('errors: No known data errors');
    for (const name of ['config', 'cores', 'opt', 'usbkey', 'var', MINIMAL, ONE]) expect(lines).toContain(`zones/${name}`);
  });
  when('it reads and writes its metadata', () => {
    expect(printed('metadata')).toBe(
      `${ONE}\nNo metadata for 'none'\n1\nblue\nuser-script\ncolor\nmore\n0\nNo metadata for 'more'\nusage: mdata-get key\n3\n` +
        'secret\ninner\nmdata-put: Cannot update the "ops" Namespace.\n2\nmdata-put: Cannot update the "sdc" Namespace.\n2\nweb\nNo metadata for \'sdc:customer_metadata\'\n' +
        '"blue"\nmdata-get: there is no metadata service here\n2\n',
    );
  });
  when('its user-script runs at each boot', () => {
    expect(printed('ran')).toBe(`${ONE} web0\n`);
    expect(printed('again')).toBe(`${ONE} web0\n${ONE} web1\n`);
    expect(printed('stopped').split('\n').at(-2)?.trim()).toBe('3');
  });
  when('it is changed while it runs', () => {
    expect(printed('updated')).toMatch(
      new RegExp(
        `^Successfully updated VM ${ONE}\nSuccessfully updated VM ${ONE}\nweb1\n2\n600\nnet1\n\\[\n {2}"dhcp"\n\\]\nred\n\\{\n {2}"size": 3\n\\}\n2G\n +privileged +600 [^\n]*\nred\nInvalid value\\(s\\) for: quota\n1\nWarning, invalid update property: \\[foo\\] removing from payload.\nSuccessfully updated VM ${ONE}\n0\n$`,
      ),
    );
  });
  when('so is all that is live', () => {
    const lines = printed('live').split('\n');
    expect(lines.filter((line) => line.startsWith('zone.'))).toEqual([
      'zone.cpu-cap privileged 50 - deny -',
      'zone.cpu-shares privileged 200 - none -',
      'zone.zfs-io-priority privileged 50 - none -',
      `zone.max-physical-memory privileged ${200 << 20} - deny -`,
      `zone.max-swap privileged ${300 << 20} - deny -`,
      `zone.max-locked-memory privileged ${100 << 20} - deny -`,
    ]);
    expect(lines.slice(-10)).toEqual([
      'gzip',
      '8192',
      `Successfully updated VM ${ONE}`,
      '0',
      '200',
      '128',
      // They follow memory down, swap as far as its minimum.
      '256',
      '28',
      '50',
      '',
    ]);
  });
  when('snapshots bring back what was', () => {
    expect(printed('snapshot')).toBe(
      `Created snapshot s1 for VM ${ONE}\nsnapshot with name "s1" already exists.\nInvalid snapshot name\nCreated snapshot s2 for VM ${ONE}\ns1 s2\n` +
        `Rolled back snapshot s1 for VM ${ONE}\none\ns1  running\nNo snapshot named "none" for ${ONE}\n1\nDeleted snapshot s1 for VM ${ONE}\n[]\n`,
    );
  });
  when('it stops and starts', () => {
    expect(printed('stopped')).toMatch(
      new RegExp(
        `^Successfully completed stop for VM ${ONE}\nVM ${ONE} is already not 'running' \\(currently: stopped\\)\n0\nstopped +-\n` +
          `VM ${ONE} is already not 'running' \\(currently: stopped\\)\nSuccessfully started VM ${ONE}\nVM ${ONE} is already 'running'\n0\nrunning +true\n`,
      ),
    );
    const rebooted = `Successfully completed reboot for VM ${ONE}\nanother\n`;
    expect(printed('rebooted')).toBe(
      `${rebooted}${rebooted}Successfully completed stop for VM ${ONE}\nSuccessfully started VM ${ONE}\n`,
    );
    expect(printed('console')).toBe(`[Connected to zone '${ONE}' console]\n[Connection to zone '${ONE}' console closed]\n`);
  });
  when('what is indestructible stays', () => {
    expect(printed('kept')).toMatch(
      new RegExp(
        `^Successfully updated VM ${ONE}\nFailed to delete VM ${ONE}: [^\n]*indestructible_zoneroot[^\n]*\n1\nrunning\nSuccessfully updated VM ${ONE}\n$`,
      ),
    );
  });
  when('there may be several', () => {
    expect(printed('two')).toBe(
      `Successfully created VM ${TWO}\nUUID                                  RAM      STATE\n${TWO}  64       stopped\n${ONE}  128      running\nweb1\ndb0\n` +
        `Cannot currently snapshot zones that have datasets\n[\n  "zones/${TWO}/data"\n]\n`,
    );
  });
  when('a script that fails fails the VM', () => {
    expect(printed('failed')).toMatch(
      new RegExp(`^a script failed while zone ${NONE} was provisioned\n1\nfailed\nSuccessfully deleted VM ${NONE}\n$`),
    );
  });
  when('they are deleted without a trace', () => {
    expect(printed('deleted')).toBe(
      `Successfully deleted VM ${ONE}\nSuccessfully deleted VM ${TWO}\nFailed to delete VM ${TWO}: zoneadm: ${TWO}: No such zone configured\n1\n${HEAD}global\n0\n/etc/zones:\nindex\n\n/var/zonecontrol:\n`,
    );
  });
});

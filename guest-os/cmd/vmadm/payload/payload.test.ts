// SPDX-License-Identifier: MIT
/**
 * Payloads of vmadm: each way to be refused with its message, what becomes of values that depend on each other, and 10,000 mutated payloads. The texts are
 * vmadm's own as people meet them (its manual page and the messages of smartos-live's VM.js).
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { testSeed } from '../../../../test/support/seed.ts';
import { type Guest, loadGuest } from '../../../../toolchain/asc/hostWasm.ts';
import { Random } from '../../../../toolchain/translate/fuzz/random.ts';

const IMAGE = '01b2c898-945f-11e1-a523-af1afbe22822';
const VOLUME = '11111111-945f-11e1-a523-af1afbe22822';
/** Made for the brand joyent-minimal. */
const MINIMAL = '55555555-945f-11e1-a523-af1afbe22822';
const OTHER = '22222222-0000-4000-8000-000000000001';

const SOURCE = `
import { Json, JsonParser, OBJECT } from './guest-os/lib/json';
import { textOf } from './guest-os/lib/text';
import { parsePayload, prepareCreate, prepareUpdate, problem, warnings } from './guest-os/cmd/vmadm/payload/_payload';
import { Surroundings } from './guest-os/cmd/vmadm/payload/_surroundings';
import { validate } from './guest-os/cmd/vmadm/payload/_validate';
let count: u8 = 0;
class Around extends Surroundings {
  pools(): string[] { return ['zones']; }
  manifest(uuid: string, pool: string): Json | null {
    if (uuid != '${IMAGE}' && uuid != '${VOLUME}' && uuid != '${MINIMAL}') return null;
    const manifest = new Json(OBJECT);
    if (uuid == '${MINIMAL}') {
      const requirements = new Json(OBJECT);
      requirements.set('brand', Json.string('joyent-minimal'));
      manifest.set('requirements', requirements);
    }
    manifest.set('type', Json.string(uuid == '${VOLUME}' ? 'zvol' : 'zone-dataset'));
    return manifest;
  }
  machines(): Json[] {
    const other = new JsonParser('{"uuid":"${OTHER}","zonename":"${OTHER}","state":"running","nics":[{"mac":"02:08:20:00:00:01","nic_tag":"admin","ips":["10.0.0.7/24"]}]}').next();
    return other ? [other] : [];
  }
  exists(path: string): bool { return path == '/opt'; }
  random(): StaticArray<u8> {
    const bytes = new StaticArray<u8>(16);
    for (let i = 0; i < 16; i++) bytes[i] = ++count;
    return bytes;
  }
}
const around = new Around();
export function create(from: usize, size: i32): string {
  const payload = parsePayload(textOf(from, size));
  return payload && prepareCreate(payload, around) ? payload.print(0) : problem;
}
export function update(from: usize, size: i32, vm: usize, vmSize: i32): string {
  const payload = parsePayload(textOf(from, size));
  const current = parsePayload(textOf(vm, vmSize));
  return payload && current && prepareUpdate(payload, current, around) ? payload.print(0) : problem;
}
export function warned(): string {
  return warnings.join('|');
}
export function findings(from: usize, size: i32, updates: bool): string {
  const payload = parsePayload(textOf(from, size));
  if (!payload) return problem;
  const brand = payload.get('brand');
  return validate(updates ? 'joyent' : brand ? brand.text : '', updates ? 'update' : 'create', payload, around).json().print(0);
}
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 120_000);

type Payload = Record<string, unknown>;
const bytes = (text: string): [number, number] => {
  const content = Buffer.from(text);
  return [guest.bytes(content), content.length];
};
const said = (name: string, ...values: number[]): string =>
  Buffer.from(guest.text(guest.call(name, ...values) as number), 'latin1').toString();
const create = (payload: string | Payload): string =>
  said('create', ...bytes(typeof payload === 'string' ? payload : JSON.stringify(payload)));
const created = (payload: Payload): Payload => JSON.parse(create(payload));
const update = (payload: Payload, vm: Payload): string =>
  said('update', ...bytes(JSON.stringify(payload)), ...bytes(JSON.stringify(vm)));

const GOOD: Payload = { brand: 'joyent', image_uuid: IMAGE, alias: 'web0', ram: 512, quota: 5 };
const VM: Payload = {
  uuid: '33333333-0000-4000-8000-000000000001',
  brand: 'joyent',
  max_physical_memory: 256,
  max_locked_memory: 200,
  max_swap: 512,
  tmpfs: 128,
  nics: [{ interface: 'net0', mac: '02:08:20:aa:00:01', nic_tag: 'admin', ips: ['10.0.0.9/24'], primary: true }],
  routes: { '10.9.0.0/16': 'nics[0]' },
};
const NIC = { nic_tag: 'admin', ip: '10.0.0.3', netmask: '255.255.255.0' };
const nic = (more: Payload): Payload => ({ nics: [{ ...NIC, ...more }] });

/** What is added to a good payload, and how it is refused. */
const REFUSED: [Payload, string | RegExp][] = [
  [{ brand: 'gorilla' }, 'Invalid brand while validating payload: "gorilla"'],
  [{ brand: 'kvm' }, 'Invalid brand while validating payload: "kvm"'],
  [{ uuid: 'x' }, 'Invalid value(s) for: uuid'],
  [{ uuid: OTHER }, `VM with UUID ${OTHER} already exists`],
  [{ zonename: OTHER }, `zone ${OTHER} already exists`],
  [{ zonename: '../x' }, 'Invalid value(s) for: zonename'],
  [{ image_uuid: OTHER }, 'Invalid value(s) for: image_uuid'],
  [{ image_uuid: VOLUME }, 'Invalid value(s) for: image_uuid'],
  [{ image_uuid: undefined }, 'Missing required properties: image_uuid'],
  [{ zpool: 'tank' }, 'Invalid value(s) for: zpool'],
  ...['ram', 'quota', 'cpu_cap', 'cpu_shares', 'max_lwps', 'max_physical_memory', 'tmpfs', 'zfs_io_priority'].flatMap(
    (name): [Payload, string][] =>
      [-1, 1.5, 'many', true, {}, '1e400', 1e30].map((value) => [{ [name]: value }, `Invalid value(s) for: ${name}`]),
  ),
  [{ max_swap: 255 }, 'Invalid value(s) for: max_swap'],
  ...['autoboot', 'delegate_dataset', 'firewall_enabled', 'indestructible_zoneroot', 'nowait'].flatMap(
    (name): [Payload, string][] => [null, 2, 'yes', [], {}].map((value) => [{ [name]: value }, `Invalid value(s) for: ${name}`]),
  ),
  ...['alias', 'hostname', 'dns_domain', 'package_name', 'owner_uuid'].flatMap((name): [Payload, string][] =>
    [5, true, ['x'], {}].map((value) => [{ [name]: value }, `Invalid value(s) for: ${name}`]),
  ),
  [{ hostname: 'two\nlines' }, 'Invalid value(s) for: hostname'],
  [{ resolvers: 5 }, 'Invalid value(s) for: resolvers'],
  [{ resolvers: ['8.8.8.8', 'dns.example'] }, 'Invalid value(s) for: resolvers'],
  [{ limit_priv: ['default,sys_config'] }, 'Invalid value(s) for: limit_priv'],
  [{ limit_priv: ['default', 'sys_config'] }, 'invalid limit_priv: sys_config: not permitted within a zone'],
  [{ limit_priv: 'default,nonsense' }, 'invalid limit_priv: nonsense: not a privilege'],
  [{ image_uuid: MINIMAL }, 'Invalid value(s) for: image_uuid'],
  [{ tags: 'x' }, 'Invalid value(s) for: tags'],
  [{ tags: { a: { b: 1 } } }, 'Invalid value(s) for: tags'],
  [{ customer_metadata: { a: [] } }, 'Invalid value(s) for: customer_metadata'],
  [{ customer_metadata: ['a'] }, 'Invalid value(s) for: customer_metadata'],
  [{ nics: {} }, 'Invalid value(s) for: nics'],
  [{ nics: ['net0'] }, 'Invalid value(s) for: nics'],
  [{ ram: -1, quota: 'x', hostname: 5 }, 'Invalid value(s) for: ram,quota,hostname'],
  [{ ram: -1, image_uuid: undefined }, 'Invalid value(s) for: ram'],
  [{ zfs_root_recsize: 1000 }, 'invalid zfs_root_recsize (1000), must be 512-131072 and a power of 2. (0 to disable)'],
  [{ zfs_data_recsize: 262144 }, 'invalid zfs_data_recsize (262144), must be 512-131072 and a power of 2. (0 to disable)'],
  [{ zfs_root_compression: 'zip' }, /^invalid compression type for zip, must be one of: on, off, gzip, /],
  [{ zfs_filesystem_limit: 5 }, /^zfs_filesystem_limit cannot be kept/],
  [{ brand: 'joyent-minimal', image_uuid: MINIMAL, docker: true }, 'docker is not implemented'],
  [{ zlog_max_size: 1000 }, 'zlog_max_size is not implemented'],
  // Interfaces
  [nic({ vlan_id: 4096 }), 'Invalid value(s) for: nics.*.vlan_id'],
  [nic({ mtu: 100 }), 'Invalid value(s) for: nics.*.mtu'],
  [nic({ mac: '02:08:20' }), 'Invalid value(s) for: nics.*.mac'],
  [nic({ allowed_dhcp_cids: ['zz'] }), 'Invalid value(s) for: nics.*.allowed_dhcp_cids'],
  [nic({ nic_tag: undefined }), /^invalid or missing \.nic_tag option for NIC: \{.*"ips":\["10.0.0.3\/24"\].*\}$/],
  [nic({ nic_tag: 'a b' }), /^invalid or missing \.nic_tag option for NIC: \{/],
  [nic({ netmask: undefined }), /^Invalid IP for NIC: \{.*\}$/],
  [nic({ ip: '10.0.0.300' }), /^Invalid IP for NIC: \{.*\}$/],
  [nic({ ips: ['10.0.0.1'] }), /^Invalid IP for NIC: \{.*\}$/],
  [nic({ primary: false }), "invalid value for NIC's primary flag: false (must be true)"],
  [
    {
      nics: [
        { ...NIC, primary: 1 },
        { nic_tag: 'x', ip: 'dhcp', primary: true },
      ],
    },
    'payload specifies more than 1 primary NIC',
  ],
  [{ nics: [NIC, NIC] }, 'Cannot add multiple NICs with the same IP: 10.0.0.3/24'],
  [
    { nics: ['2:8:20:0:0:5', '02:08:20:00:00:05'].map((mac) => ({ nic_tag: 'admin', ip: 'dhcp', mac })) },
    'Cannot add multiple NICs with the same MAC: 02:08:20:00:00:05',
  ],
  [nic({ gateway: 'fe80::1' }), 'Static gateways must be IPv4 addresses: fe80::1'],
  [nic({ ips: Array.from({ length: 21 }, (_, i) => `10.1.0.${i}/24`) }), 'nic.*.ips contains 21 addresses, but is limited to 20'],
  [nic({ allowed_ips: ['10.0.0.0/33', '10.0.0.1'] }), 'invalid allowed_ips: 10.0.0.0/33'],
  [nic({ allowed_ips: Array.from({ length: 14 }, (_, i) => `10.1.0.${i}`) }), 'Maximum of 13 allowed_ips per nic'],
  [nic({ vrrp_vrid: 7, vrrp_primary_ip: '10.0.0.4' }), 'VM cannot contain only VRRP nics'],
  [nic({ vrrp_vrid: 7, vrrp_primary_ip: '10.0.0.3' }), 'Cannot set vrrp_primary_ip to the IP of a VRRP nic'],
  [{ nics: [NIC, { nic_tag: 'admin', vrrp_vrid: 7, ip: 'dhcp' }] }, 'vrrp_vrid set but not vrrp_primary_ip'],
  [
    { nics: [NIC, { nic_tag: 'admin', vrrp_vrid: 7, ip: 'dhcp', vrrp_primary_ip: '10.0.0.4' }] },
    'vrrp_primary_ip must belong to the same VM',
  ],
  [
    { nics: [NIC, { nic_tag: 'admin', vrrp_vrid: 7, mac: '02:08:20:00:00:05', vrrp_primary_ip: '10.0.0.3' }] },
    'Cannot set both mac and vrrp_vrid',
  ],
  [
    { nics: [NIC, ...[1, 2].map(() => ({ nic_tag: 'admin', vrrp_vrid: 7, vrrp_primary_ip: '10.0.0.3' }))] },
    'Cannot add multiple NICs with the same VRID: 7',
  ],
  [nic({ mac: '02:08:20:00:00:01' }), 'Conflict detected with another vm, please check the MAC, IP, and VRID'],
  [nic({ ip: '10.0.0.7' }), 'Conflict detected with another vm, please check the MAC, IP, and VRID'],
  // Routes
  [{ routes: { nowhere: '10.0.0.1' } }, 'Invalid route destination: "nowhere" (must be IP address or CIDR)'],
  [{ routes: { '10.1.0.0/16': 'x' } }, 'Invalid route gateway: "x" (must be IP address, MAC address, or nic)'],
  [{ routes: { '10.1.0.0/16': 'nics[0]' } }, 'Route gateway: "nics[0]" refers to non-existent or DHCP nic'],
  [{ nics: [{ nic_tag: 'a', ip: 'dhcp' }], routes: { '10.1.0.0/16': 'nics[0]' } }, /refers to non-existent or DHCP nic$/],
  // File systems
  [{ filesystems: [{ type: 'lofs', source: '/none', target: '/data' }] }, 'missing requested filesystem: /none'],
  [{ filesystems: [{ type: 'ufs', source: '/opt', target: '/data' }] }, 'Invalid value(s) for: filesystems.*.type'],
  [{ filesystems: [{ type: 'lofs', source: '/opt', target: '/../data' }] }, 'Invalid value(s) for: filesystems.*.target'],
];

describe('create refuses', () => {
  test.each(REFUSED)('%j', (more, message) => {
    const answer = create({ ...GOOD, ...more });
    if (typeof message === 'string') expect(answer).toBe(message);
    else expect(answer).toMatch(message);
  });
  test.each([
    ['', /^Invalid JSON payload: /],
    ['{', /^Invalid JSON payload: /],
    ['[]', /^Invalid JSON payload: /],
    ['null', /^Invalid JSON payload: /],
    ['{} {}', /^Invalid JSON payload: /],
    [`{"a": ${'['.repeat(10_000)}`, /^Invalid JSON payload: /],
  ])('%.20s, which is no object', (payload, message) => {
    expect(create(payload)).toMatch(message);
  });
});

describe('validate', () => {
  test('reports everything at once', () => {
    const payload = {
      brand: 'joyent',
      ram: 'x',
      nonsense: 1,
      vnc_port: 5,
      create_timestamp: 'now',
      nics: [{ speed: 1, mtu: 1 }],
    };
    expect(JSON.parse(said('findings', ...bytes(JSON.stringify(payload)), 0))).toEqual({
      bad_values: ['ram', 'nics.*.mtu'],
      bad_properties: ['nonsense', 'vnc_port', 'create_timestamp', 'nics.*.speed'],
      missing_properties: ['image_uuid'],
    });
  });
  test('knows brands', () => {
    expect(said('findings', ...bytes('{"brand":"zebra"}'), 0)).toBe('{"bad_brand":"zebra"}');
    expect(said('findings', ...bytes('{}'), 0)).toBe('{"bad_brand":"undefined"}');
  });
  test('knows what can be updated', () => {
    const payload = JSON.stringify({ brand: 'joyent', alias: 'x', nics: [], uuid: OTHER, set_tags: { a: 1 } });
    expect(JSON.parse(said('findings', ...bytes(payload), 1)).bad_properties).toEqual(['brand', 'nics', 'uuid']);
  });
});

describe('what is no property', () => {
  test('is dropped with a warning each, as vmadm does; what is known is done', () => {
    expect(
      JSON.parse(update({ foo: '1', quota: 7, add_nics: [{ ...NIC, mac: '02:08:20:aa:00:02', speed: 1 }] }, VM)),
    ).toMatchObject({
      quota: 7,
    });
    expect(said('warned')).toBe(
      'Warning, invalid update property: [foo] removing from payload.|' +
        'Warning, invalid update property: [nics.*.speed] removing from payload.',
    );
    expect(created({ ...GOOD, foo: 1 }).foo).toBeUndefined();
    expect(said('warned')).toBe('Warning, invalid create property: [foo] removing from payload.');
    created(GOOD);
    expect(said('warned')).toBe('');
  });
});

describe('create makes complete', () => {
  test('defaults', () => {
    const made = created({ image_uuid: IMAGE });
    expect(made).toMatchObject({
      brand: 'joyent',
      zpool: 'zones',
      autoboot: true,
      cpu_shares: 100,
      zfs_io_priority: 100,
      max_lwps: 2000,
      max_physical_memory: 256,
      max_locked_memory: 256,
      max_swap: 256,
      max_shm_memory: 256,
      tmpfs: 256,
      quota: 10,
      dns_domain: 'local',
      limit_priv: ['default'],
      owner_uuid: '00000000-0000-0000-0000-000000000000',
      billing_id: '00000000-0000-0000-0000-000000000000',
    });
    expect(made.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made.zonename).toBe(made.uuid);
    expect(made.hostname).toBe(made.uuid);
  });
  test.each([
    [{ max_physical_memory: 1024 }, { max_locked_memory: 1024, max_swap: 1024, tmpfs: 1024 }],
    [{ max_physical_memory: 128 }, { max_locked_memory: 128, max_swap: 256, tmpfs: 128 }],
    [{ ram: 512, max_physical_memory: 1024 }, { max_physical_memory: 1024 }],
    [{ ram: '512' }, { max_physical_memory: 512 }],
    [
      { ram: 512, max_locked_memory: 600, max_swap: 300, tmpfs: 900 },
      { max_locked_memory: 512, max_swap: 512, tmpfs: 512 },
    ],
    [{ ram: 512, tmpfs: 0 }, { tmpfs: 0 }],
    [{ image_uuid: MINIMAL, brand: 'joyent-minimal' }, { brand: 'joyent-minimal' }],
    [{ cpu_shares: 100_000 }, { cpu_shares: 65535 }],
    [{ zfs_root_recsize: 4096 }, { zfs_data_recsize: 131072 }],
    [
      { autoboot: 'false', nowait: 1 },
      { autoboot: false, nowait: true },
    ],
    [{ resolvers: '8.8.8.8,8.8.4.4' }, { resolvers: ['8.8.8.8', '8.8.4.4'] }],
  ])('%j', (more, expected) => {
    expect(created({ image_uuid: IMAGE, ...more })).toMatchObject(expected);
  });
  test('interfaces', () => {
    const nics = [
      { nic_tag: 'admin', ip: 'dhcp' },
      { ...NIC, gateway: '10.0.0.1', vlan_id: '3', interface: 'net0', primary: '1' },
    ];
    expect(created({ image_uuid: IMAGE, nics }).add_nics).toMatchObject([
      { interface: 'net1', ips: ['dhcp'], mac: expect.stringMatching(/^90:b8:d0(:[0-9a-f]{2}){3}$/) },
      { interface: 'net0', ips: ['10.0.0.3/24'], gateways: ['10.0.0.1'], vlan_id: 3, primary: true },
    ]);
  });
  test('what is no property is left out', () => {
    expect(created({ ...GOOD, nonsense: 1, vnc_port: 3 })).not.toHaveProperty('nonsense');
  });
});

describe('update', () => {
  test.each([
    [{ max_physical_memory: 512 }, { max_physical_memory: 512, max_locked_memory: 456, max_swap: 768, tmpfs: 256 }],
    [{ ram: 128 }, { max_physical_memory: 128, max_locked_memory: 72, max_swap: 384, tmpfs: 64 }],
    [{ max_locked_memory: 999 }, { max_locked_memory: 256 }],
    [{ cpu_cap: 0 }, { cpu_cap: null }],
    [{ alias: '' }, { alias: null }],
    [{ quota: '0' }, { quota: 0 }],
    [{ brand: 'lx', zonename: 'x', quota: 3 }, { quota: 3 }],
    [{ add_nics: [{ nic_tag: 'a', ip: 'dhcp' }] }, { add_nics: [{ interface: 'net1', nic_tag: 'a', ips: ['dhcp'] }] }],
  ])('%j', (payload, expected) => {
    const result = JSON.parse(update(payload, VM));
    expect(result).toMatchObject(expected);
    expect(Object.keys(result)).not.toContain('brand');
  });
  test.each([
    [{ ram: -5 }, 'Invalid value(s) for: ram'],
    [{ add_nics: 5 }, 'Invalid value(s) for: add_nics'],
    [{ remove_nics: ['02:08:20:aa:00:01'] }, 'Route gateway: "nics[0]" refers to non-existent or DHCP nic'],
    [{ add_nics: [{ ...NIC, ip: '10.0.0.9' }] }, 'Cannot add multiple NICs with the same IP: 10.0.0.9/24'],
    [{ add_nics: [{ ...NIC, mac: '02:08:20:aa:00:01' }] }, 'Cannot add multiple NICs with the same MAC: 02:08:20:aa:00:01'],
    [{ update_nics: [{ mac: '02:08:20:aa:00:01', nic_tag: 'a/b' }] }, /^invalid \.nic_tag option for NIC: /],
    [{ set_routes: { x: 'y' } }, 'Invalid route destination: "x" (must be IP address or CIDR)'],
  ])('refuses %j', (payload, message) => {
    const answer = update(payload, VM);
    if (typeof message === 'string') expect(answer).toBe(message);
    else expect(answer).toMatch(message);
  });
});

// ---- mutations

const FULL: Payload = {
  ...GOOD,
  uuid: '44444444-0000-4000-8000-000000000001',
  hostname: 'web',
  autoboot: true,
  cpu_cap: 300,
  cpu_shares: 10,
  limit_priv: ['default', 'dtrace_proc'],
  resolvers: ['8.8.8.8'],
  nics: [{ ...NIC, primary: true, gateways: ['10.0.0.1'], allowed_ips: ['10.0.0.0/8'] }],
  routes: { '10.9.0.0/16': 'nics[0]' },
  tags: { role: 'web', size: 3, live: true },
  customer_metadata: { 'user-script': 'echo hello' },
  internal_metadata: { a: 'b' },
  filesystems: [{ type: 'lofs', source: '/opt', target: '/data', options: ['ro'] }],
  zfs_root_recsize: 8192,
  tmpfs: 64,
};
const ODD: unknown[] = [
  ...[null, true, false, 0, 1, -1, 1.5, 1e308, -1e-7, 2 ** 53, '', ' ', '0', '-0', '1e3', '0x10', 'NaN', 'x'.repeat(5000)],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    { a: null },
    { '': '' },
    '\u0000',
    '\ud83d\ude00',
    '../..',
    '"\'<>&',
    'dhcp',
    '::',
    '1.2.3.4/0',
  ],
];

function mutated(random: Random): string {
  const payload = structuredClone(FULL);
  for (let changes = 1 + random.below(4); changes > 0; changes--) mutateIn(payload, random);
  let json = JSON.stringify(payload);
  if (random.below(4) > 0) return json;
  // Bytes, too: most of these are no JSON any more.
  const at = random.below(json.length);
  const cut = random.below(3) * random.below(20);
  json = json.slice(0, at) + (random.below(2) ? String.fromCharCode(random.below(128)) : '') + json.slice(at + cut);
  return json;
}
function mutateIn(value: Payload | unknown[], random: Random): void {
  const holder = value as Payload;
  const names = Object.keys(holder);
  if (names.length === 0) return;
  const name = names[random.below(names.length)];
  const inner = holder[name];
  if (typeof inner === 'object' && inner !== null && random.below(3) > 0) {
    mutateIn(inner as Payload, random);
    return;
  }
  const choice = random.below(4);
  if (choice === 0 && !Array.isArray(holder)) delete holder[name];
  else if (choice === 1) holder[name] = holder[names[random.below(names.length)]];
  else if (choice === 2 && typeof inner === 'number') holder[name] = inner * (random.below(3) - 1) + random.below(3);
  else holder[name] = ODD[random.below(ODD.length)];
}

test('10,000 mutated payloads are refused in one line, or are whole', () => {
  const random = new Random(testSeed());
  let accepted = 0;
  for (let i = 0; i < 10_000; i++) {
    if (i % 500 === 0) guest.collect();
    const json = mutated(random);
    const content = Buffer.from(json);
    const pointer = guest.bytes(content);
    const answer = said('create', pointer, content.length);
    guest.exports.__unpin(pointer);
    if (!answer.startsWith('{')) {
      expect(answer, json).toMatch(/^[^\n]+$/);
      continue;
    }
    accepted++;
    const made: Payload = JSON.parse(answer);
    expect(made, json).toMatchObject({ zpool: 'zones', image_uuid: IMAGE, zonename: expect.stringMatching(/^[\w.-]{1,63}$/) });
    expect(made.uuid, json).toMatch(/^[0-9a-f-]{36}$/);
    for (const name of ['max_physical_memory', 'max_swap', 'max_locked_memory', 'quota', 'cpu_shares', 'tmpfs'])
      if (name in made)
        expect(made[name], `${name} of ${json}`).toSatisfy((value: number) => Number.isInteger(value) && value >= 0);
    expect(['joyent', 'joyent-minimal'], json).toContain(made.brand);
  }
  // Both happen.
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(9_000);
}, 300_000);

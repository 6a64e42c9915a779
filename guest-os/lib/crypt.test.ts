// SPDX-License-Identifier: MIT
/** Password hashes as wasm under Node, against openssl's. */
import { spawnSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import { type Guest, loadGuest } from '../../toolchain/asc/hostWasm.ts';

const SOURCE = `
import { crypt, verifies } from './guest-os/lib/crypt';
function text(bytes: usize, count: i32): string {
  let result = '';
  for (let i = 0; i < count; i++) result += String.fromCharCode(load<u8>(bytes + i));
  return result;
}
export function hash(p: usize, pn: i32, s: usize, sn: i32): string { return crypt(text(p, pn), text(s, sn)); }
export function fits(p: usize, pn: i32, s: usize, sn: i32): bool { return verifies(text(p, pn), text(s, sn)); }
`;

let guest: Guest;
beforeAll(async () => {
  guest = await loadGuest({ source: SOURCE, target: 'user' });
}, 60_000);

const call = (name: string, password: string, setting: string): unknown => {
  const [p, s] = [password, setting].map((text) => new TextEncoder().encode(text));
  return guest.call(name, guest.bytes(p), p.length, guest.bytes(s), s.length);
};
const hash = (password: string, setting: string): string => guest.text(call('hash', password, setting) as number);

const openssl = (password: string, kind: string, salt: string): string =>
  spawnSync('openssl', ['passwd', `-${kind}`, '-salt', salt, '-stdin'], {
    input: `${password}\n`,
    encoding: 'utf8',
  }).stdout.trim();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const PASSWORDS = ['root', 'a', 'Hello world!', 'x'.repeat(63), 'y'.repeat(64), 'z'.repeat(129)];
test.skipIf(!hasOpenssl).each(
  PASSWORDS.flatMap((word) => [
    [word, '5'],
    [word, '6'],
  ]),
)('%s with $%s$ as openssl', (word, kind) => {
  const salt = 'saltstring';
  expect(hash(word, `$${kind}$${salt}`)).toBe(openssl(word, kind, salt));
});

test.skipIf(!hasOpenssl)('rounds are said in the hash', () => {
  expect(hash('Hello world!', '$5$rounds=10000$saltstring')).toBe(openssl('Hello world!', '5', 'rounds=10000$saltstring'));
});

test('a hash fits its password and no other; an unknown kind fits none', () => {
  const known = hash('secret', '$6$abc');
  expect(call('fits', 'secret', known)).toBe(1);
  expect(call('fits', 'Secret', known)).toBe(0);
  expect(call('fits', '', '')).toBe(0);
  expect(call('fits', 'x', '*LK*')).toBe(0);
});

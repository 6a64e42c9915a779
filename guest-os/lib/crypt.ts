// SPDX-License-Identifier: MIT
/**
 * @fileoverview Password hashes: sha256-crypt and sha512-crypt, `$5$` and `$6$` (crypt_sha256(7), crypt_sha512(7); U. Drepper, "Unix crypt
 * using SHA-256 and SHA-512", version 0.6).
 *
 * A hash is `$5$[rounds=N$]SALT$…`: the salt has up to 16 characters, rounds are 5000 unless said.
 */
import { Digest, Sha256, Sha512 } from './digest';
import { bytesOf, parseNumber } from './text';

const ALPHABET: string = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SALT_LENGTH: i32 = 16;

function newDigest(wide: bool): Digest {
  return wide ? new Sha512() : new Sha256();
}

function add(to: Digest, bytes: StaticArray<u8>, count: i32): void {
  to.update(changetype<usize>(bytes), count);
}
function addAll(to: Digest, bytes: StaticArray<u8>): void {
  add(to, bytes, bytes.length);
}

/** The same bytes over and over, up to a length. */
function repeated(digest: StaticArray<u8>, length: i32): StaticArray<u8> {
  const result = new StaticArray<u8>(length);
  for (let i = 0; i < length; i++) result[i] = digest[i % digest.length];
  return result;
}

/** The hash of a password with a salt as `$5$SALT` or `$6$rounds=N$SALT`, or a whole hash; nothing: it is of no kind that is known. */
export function crypt(password: string, setting: string): string {
  const wide = setting.startsWith('$6$');
  if (!wide && !setting.startsWith('$5$')) return '';
  let rest = setting.substring(3);
  let rounds: i64 = 5000;
  let prefix = setting.substring(0, 3);
  if (rest.startsWith('rounds=')) {
    const end = rest.indexOf('$');
    rounds = end < 0 ? -1 : parseNumber(rest.substring(7, end));
    if (rounds < 0) return '';
    rounds = min<i64>(max<i64>(rounds, 1000), 999999999);
    prefix += 'rounds=' + rounds.toString() + '$';
    rest = rest.substring(end + 1);
  }
  const end = rest.indexOf('$');
  const salt = (end < 0 ? rest : rest.substring(0, end)).substring(0, SALT_LENGTH);
  return prefix + salt + '$' + encode(hash(password, salt, rounds, wide), wide);
}

function hash(password: string, salt: string, rounds: i64, wide: bool): StaticArray<u8> {
  const key = bytesOf(password);
  const keyLength = password.length;
  const saltBytes = bytesOf(salt);
  const b = newDigest(wide);
  add(b, key, keyLength);
  add(b, saltBytes, salt.length);
  add(b, key, keyLength);
  const alternate = b.finishBytes();

  const a = newDigest(wide);
  add(a, key, keyLength);
  add(a, saltBytes, salt.length);
  addAll(a, repeated(alternate, keyLength));
  for (let bits = keyLength; bits; bits >>= 1) {
    if (bits & 1) addAll(a, alternate);
    else add(a, key, keyLength);
  }
  let result = a.finishBytes();

  const dp = newDigest(wide);
  for (let i = 0; i < keyLength; i++) add(dp, key, keyLength);
  const p = repeated(dp.finishBytes(), keyLength);
  const ds = newDigest(wide);
  for (let i = 0; i < 16 + <i32>result[0]; i++) add(ds, saltBytes, salt.length);
  const s = repeated(ds.finishBytes(), salt.length);

  for (let round: i64 = 0; round < rounds; round++) {
    const c = newDigest(wide);
    addAll(c, round & 1 ? p : result);
    if (round % 3) addAll(c, s);
    if (round % 7) addAll(c, p);
    addAll(c, round & 1 ? result : p);
    result = c.finishBytes();
  }
  return result;
}

/** Three bytes become four characters; which three follows a pattern that turns with each group. */
function encode(digest: StaticArray<u8>, wide: bool): string {
  const third = wide ? 21 : 10;
  let text = '';
  let a = 0;
  let b = third;
  let c = 2 * third;
  for (let i = 0; i < third; i++) {
    text += characters(((<u32>digest[a]) << 16) | ((<u32>digest[b]) << 8) | digest[c], 4);
    const next = wide ? b : c;
    const other = wide ? c : a;
    c = (wide ? a : b) + 1;
    a = next + 1;
    b = other + 1;
  }
  return text + (wide ? characters(digest[63], 2) : characters(((<u32>digest[31]) << 8) | digest[30], 3));
}

function characters(value: u32, count: i32): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    text += ALPHABET.charAt(value & 63);
    value >>= 6;
  }
  return text;
}

/** Is this the password? A hash of no known kind fits none. */
export function verifies(password: string, hashed: string): bool {
  const computed = crypt(password, hashed);
  // Every character is compared, whether an earlier one differs or not.
  let difference = computed.length ^ hashed.length;
  for (let i = 0; i < min(computed.length, hashed.length); i++) difference |= computed.charCodeAt(i) ^ hashed.charCodeAt(i);
  return computed.length > 0 && difference == 0;
}

/** A salt from random bytes. */
export function saltFrom(bytes: StaticArray<u8>): string {
  let salt = '';
  for (let i = 0; i < min(bytes.length, SALT_LENGTH); i++) salt += ALPHABET.charAt(bytes[i] & 63);
  return salt;
}

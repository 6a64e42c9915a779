// SPDX-License-Identifier: MIT
/**
 * @fileoverview Every native property of datasets, one record each, in the order in which `zfs get all` shows them. Commands check and show by this
 * table; the kernel stores what is set under the same names (dsl/properties.ts) and finds the others (ioctl/values.ts).
 *
 * Names, values and headings are those of zfs(8) of illumos; numbers are what is on disk.
 */
import { FILE_SYSTEM, INHERITED, NUMBER, ONCE, OWN, Property, READ_ONLY, SNAPSHOT, TEXT, VOLUME, WORD } from './property';

const ALL: i32 = FILE_SYSTEM | VOLUME | SNAPSHOT;
const HEADS: i32 = FILE_SYSTEM | VOLUME;
const FILES: i32 = FILE_SYSTEM | SNAPSHOT;
const ONOFF: string = 'on off';
const SIZE_OR_NONE: string = '<size> | none';

const table: Property[] = [];

function number(name: string, access: i32, datasets: i32, standard: u64, values: string, heading: string): Property {
  const made = new Property(name, NUMBER, access, datasets, standard, '', values, heading);
  table.push(made);
  return made;
}
function bytes(name: string, access: i32, datasets: i32, standard: u64, values: string, heading: string): Property {
  const made = number(name, access, datasets, standard, values, heading);
  made.isBytes = true;
  return made;
}
function text(name: string, access: i32, datasets: i32, standard: string, values: string, heading: string): Property {
  const made = new Property(name, TEXT, access, datasets, 0, standard, values, heading);
  table.push(made);
  return made;
}
/** `words`: WORD or WORD=NUMBER, separated by blanks; without numbers they count down to 0, as in `on off`. */
function word(name: string, access: i32, datasets: i32, standard: u64, words: string, values: string, heading: string): Property {
  const made = new Property(name, WORD, access, datasets, standard, '', values, heading);
  const list = words.split(' ');
  for (let i = 0; i < list.length; i++) {
    const equals = list[i].indexOf('=');
    made.words.push(equals < 0 ? list[i] : list[i].substring(0, equals));
    made.numbers.push(equals < 0 ? <u64>list.length - 1 - <u64>i : <u64>I64.parseInt(list[i].substring(equals + 1)));
  }
  table.push(made);
  return made;
}
function hidden(property: Property): void {
  property.isHidden = true;
}

const CHECKSUMS: string = 'on=1 off=2 fletcher2=6 fletcher4=7 sha256=8';
const COMPRESSIONS: string =
  'on=1 off=2 lzjb=3 gzip=10 gzip-1=5 gzip-2=6 gzip-3=7 gzip-4=8 gzip-5=9 gzip-6=10 gzip-7=11 gzip-8=12 gzip-9=13 zle=14';

function fill(): void {
  text('type', READ_ONLY, ALL, '', 'filesystem | volume | snapshot', 'TYPE');
  number('creation', READ_ONLY, ALL, 0, '<date>', 'CREATION');
  bytes('used', READ_ONLY, ALL, 0, '<size>', 'USED');
  bytes('available', READ_ONLY, HEADS, 0, '<size>', 'AVAIL');
  bytes('referenced', READ_ONLY, ALL, 0, '<size>', 'REFER');
  number('compressratio', READ_ONLY, ALL, 100, '<1.00x or higher if compressed>', 'RATIO');
  word('mounted', READ_ONLY, FILE_SYSTEM, 0, 'yes no', 'yes | no', 'MOUNTED');
  text('origin', READ_ONLY, HEADS, '', '<snapshot>', 'ORIGIN');
  bytes('quota', OWN, FILE_SYSTEM, 0, SIZE_OR_NONE, 'QUOTA');
  bytes('reservation', OWN, HEADS, 0, SIZE_OR_NONE, 'RESERV');
  bytes('volsize', OWN, VOLUME, 0, '<size>', 'VOLSIZE');
  bytes('volblocksize', ONCE, VOLUME, 8192, '512 to 128k, power of 2', 'VOLBLOCK');
  bytes('recordsize', INHERITED, FILE_SYSTEM, 128 << 10, '512 to 128k, power of 2', 'RECSIZE');
  text('mountpoint', INHERITED, FILE_SYSTEM, '/', '<path> | legacy | none', 'MOUNTPOINT');
  text('sharenfs', INHERITED, FILE_SYSTEM, 'off', 'on | off | share(1M) options', 'SHARENFS');
  word('checksum', INHERITED, HEADS, 1, CHECKSUMS, 'on | off | fletcher2 | fletcher4 | sha256', 'CHECKSUM');
  word('compression', INHERITED, HEADS, 2, COMPRESSIONS, 'on | off | lzjb | gzip | gzip-[1-9] | zle', 'COMPRESS');
  word('atime', INHERITED, FILE_SYSTEM, 1, ONOFF, 'on | off', 'ATIME');
  word('devices', INHERITED, FILES, 1, ONOFF, 'on | off', 'DEVICES');
  word('exec', INHERITED, FILES, 1, ONOFF, 'on | off', 'EXEC');
  word('setuid', INHERITED, FILES, 1, ONOFF, 'on | off', 'SETUID');
  word('readonly', INHERITED, HEADS, 0, ONOFF, 'on | off', 'RDONLY');
  word('zoned', INHERITED, FILE_SYSTEM, 0, ONOFF, 'on | off', 'ZONED');
  word('snapdir', INHERITED, FILE_SYSTEM, 0, 'visible hidden', 'hidden | visible', 'SNAPDIR');
  word(
    'aclmode',
    INHERITED,
    FILE_SYSTEM,
    0,
    'discard=0 groupmask=2 passthrough=3',
    'discard | groupmask | passthrough',
    'ACLMODE',
  );
  word(
    'aclinherit',
    INHERITED,
    FILE_SYSTEM,
    4,
    'discard=0 noallow=1 restricted=4 passthrough=3 passthrough-x=5',
    'discard | noallow | restricted | passthrough | passthrough-x',
    'ACLINHERIT',
  );
  hidden(number('createtxg', READ_ONLY, ALL, 0, '<uint64>', 'CREATETXG'));
  hidden(text('name', READ_ONLY, ALL, '', '<name>', 'NAME'));
  word('canmount', OWN, FILE_SYSTEM, 1, 'off=0 on=1 noauto=2', 'on | off | noauto', 'CANMOUNT');
  word('xattr', INHERITED, FILES, 1, ONOFF, 'on | off', 'XATTR');
  word('copies', INHERITED, HEADS, 1, '1=1 2=2 3=3', '1 | 2 | 3', 'COPIES');
  number('version', READ_ONLY, FILES, 0, '1 | 2 | 3 | 4 | 5 | current', 'VERSION');
  word('utf8only', READ_ONLY, FILES, 0, ONOFF, 'on | off', 'UTF8ONLY');
  word('normalization', READ_ONLY, FILES, 0, 'none=0', 'none', 'NORMALIZATION');
  word('casesensitivity', READ_ONLY, FILES, 0, 'sensitive=0', 'sensitive', 'CASE');
  word('vscan', INHERITED, FILE_SYSTEM, 0, ONOFF, 'on | off', 'VSCAN');
  word('nbmand', INHERITED, FILES, 0, ONOFF, 'on | off', 'NBMAND');
  text('sharesmb', INHERITED, FILE_SYSTEM, 'off', 'on | off | sharemgr(1M) options', 'SHARESMB');
  bytes('refquota', OWN, FILE_SYSTEM, 0, SIZE_OR_NONE, 'REFQUOTA');
  bytes('refreservation', OWN, HEADS, 0, SIZE_OR_NONE, 'REFRESERV');
  hidden(number('guid', READ_ONLY, ALL, 0, '<uint64>', 'GUID'));
  word('primarycache', INHERITED, ALL, 2, 'all=2 none=0 metadata=1', 'all | none | metadata', 'PRIMARYCACHE');
  word('secondarycache', INHERITED, ALL, 2, 'all=2 none=0 metadata=1', 'all | none | metadata', 'SECONDARYCACHE');
  bytes('usedbysnapshots', READ_ONLY, HEADS, 0, '<size>', 'USEDSNAP');
  bytes('usedbydataset', READ_ONLY, HEADS, 0, '<size>', 'USEDDS');
  bytes('usedbychildren', READ_ONLY, HEADS, 0, '<size>', 'USEDCHILD');
  bytes('usedbyrefreservation', READ_ONLY, HEADS, 0, '<size>', 'USEDREFRESERV');
  word('defer_destroy', READ_ONLY, SNAPSHOT, 0, ONOFF, 'yes | no', 'DEFER_DESTROY');
  number('userrefs', READ_ONLY, SNAPSHOT, 0, '<count>', 'USERREFS');
  word('logbias', INHERITED, HEADS, 0, 'latency=0 throughput=1', 'latency | throughput', 'LOGBIAS');
  word('dedup', INHERITED, HEADS, 2, 'off=2', 'off', 'DEDUP');
  text('mlslabel', INHERITED, FILES, 'none', '<sensitivity label>', 'MLSLABEL');
  word('sync', INHERITED, HEADS, 0, 'standard=0 always=1 disabled=2', 'standard | always | disabled', 'SYNC');
  number('refcompressratio', READ_ONLY, ALL, 100, '<1.00x or higher if compressed>', 'REFRATIO');
  bytes('written', READ_ONLY, ALL, 0, '<size>', 'WRITTEN');
  text('clones', READ_ONLY, SNAPSHOT, '', '<dataset>[,...]', 'CLONES');
  bytes('logicalused', READ_ONLY, HEADS, 0, '<size>', 'LUSED');
  bytes('logicalreferenced', READ_ONLY, ALL, 0, '<size>', 'LREFER');
}

export function allProperties(): Property[] {
  if (!table.length) fill();
  return table;
}

/** By name, or by the heading of its column; null: none of ours. */
export function findProperty(name: string): Property | null {
  const all = allProperties();
  for (let i = 0; i < all.length; i++) if (all[i].name == name) return all[i];
  const heading = name.toUpperCase();
  for (let i = 0; i < all.length; i++) if (name == name.toLowerCase() && all[i].heading == heading) return all[i];
  return null;
}

/** module:property, lower case letters, digits and : + . _ - */
export function isUserProperty(name: string): bool {
  let colon = false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const plain = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (code == 0x3a) colon = true;
    else if (!plain && code != 0x2d && code != 0x5f && code != 0x2e && code != 0x2b) return false;
  }
  return colon;
}

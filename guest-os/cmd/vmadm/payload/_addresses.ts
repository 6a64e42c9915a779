// SPDX-License-Identifier: MIT
/** @fileoverview Addresses as text: IPv4 (RFC 791's four numbers), IPv6 (RFC 4291, section 2.2), prefixes behind a slash, Ethernet addresses. */
import { parseNumber } from '../../../lib/text';

export function isIPv4(text: string): bool {
  const parts = text.split('.');
  if (parts.length != 4) return false;
  for (let i = 0; i < 4; i++) {
    const number = parts[i].length > 3 ? -1 : parseNumber(parts[i]);
    if (number < 0 || number > 255) return false;
  }
  return true;
}

function isGroup(text: string): bool {
  if (!text.length || text.length > 4) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!((c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66))) return false;
  }
  return true;
}

/** Groups of one side of `::`; -1 where one is none. The last may be an IPv4 address, which counts twice. */
function groupsOf(text: string, isLast: bool): i32 {
  if (!text.length) return 0;
  const parts = text.split(':');
  let count = 0;
  for (let i = 0; i < parts.length; i++) {
    if (isLast && i == parts.length - 1 && parts[i].includes('.')) {
      if (!isIPv4(parts[i])) return -1;
      count += 2;
    } else if (!isGroup(parts[i])) return -1;
    else count++;
  }
  return count;
}

export function isIPv6(text: string): bool {
  const gap = text.indexOf('::');
  if (gap < 0) return text.includes(':') && groupsOf(text, true) == 8;
  if (text.indexOf('::', gap + 1) >= 0) return false;
  const left = groupsOf(text.substring(0, gap), false);
  const right = groupsOf(text.substring(gap + 2), true);
  return left >= 0 && right >= 0 && left + right < 8;
}

export function isAddress(text: string): bool {
  return isIPv4(text) || isIPv6(text);
}

/** What stands before the slash. */
export function addressIn(text: string): string {
  const slash = text.indexOf('/');
  return slash < 0 ? text : text.substring(0, slash);
}
/** An address, a slash, and how many bits of it are the network's: at least one. */
export function isPrefix(text: string): bool {
  const address = addressIn(text);
  if (address.length == text.length) return false;
  const bits = parseNumber(text.substring(address.length + 1));
  return bits >= 1 && (isIPv4(address) ? bits <= 32 : isIPv6(address) && bits <= 128);
}
export function isPrefixV4(text: string): bool {
  return isPrefix(text) && isIPv4(addressIn(text));
}
/** What an interface asks the network for. */
export function isAutomatic(text: string): bool {
  return text == 'dhcp' || text == 'addrconf';
}

/** Six groups of one or two hexadecimal digits. */
export function isMac(text: string): bool {
  const parts = text.split(':');
  if (parts.length != 6) return false;
  for (let i = 0; i < 6; i++) if (parts[i].length > 2 || !isGroup(parts[i])) return false;
  return true;
}
/** Two small digits in each group. */
export function plainMac(text: string): string {
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) parts[i] = (parts[i].length == 1 ? '0' : '') + parts[i].toLowerCase();
  return parts.join(':');
}

/** 255.255.255.0 for 24. */
export function netmaskOf(bits: i32): string {
  const mask: u32 = bits ? (<u32>0xffffffff) << (32 - bits) : 0;
  return [mask >> 24, (mask >> 16) & 255, (mask >> 8) & 255, mask & 255].join('.');
}
/** 24 for 255.255.255.0; -1 where the ones are not in front. */
export function bitsOfNetmask(text: string): i32 {
  if (!isIPv4(text)) return -1;
  const parts = text.split('.');
  let mask: u32 = 0;
  for (let i = 0; i < 4; i++) mask = (mask << 8) | <u32>parseNumber(parts[i]);
  const bits = <i32>popcnt<u32>(mask);
  return netmaskOf(bits) == text ? bits : -1;
}

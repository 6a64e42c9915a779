// SPDX-License-Identifier: MIT
/**
 * @fileoverview Interfaces of one VM together: addresses and MACs that must differ, one primary, VRRP, and which of them a route may lead to.
 *
 * Interfaces are first made complete (a MAC, `ips` for the older `ip` and `netmask`, `gateways` for `gateway`); what is wrong is then told in one line.
 */
import { Json, TRUE } from '../../../lib/json';
import { parseNumber } from '../../../lib/text';
import { addressIn, bitsOfNetmask, isAddress, isAutomatic, isIPv4, isMac, isPrefix, isPrefixV4, plainMac } from './_addresses';
import { Surroundings } from './_surroundings';
import { arrayOf, booleanValue, integerIn, isBoolean, isTrue, listIn, NO_INTEGER, objectsIn, textIn } from './_values';

const MOST_ADDRESSES: i32 = 20;
const MOST_ALLOWED: i32 = 13;
const MOST_TOGETHER: i32 = 32;
const BOOLEANS: string[] = [
  'dhcp_server',
  'allow_dhcp_spoofing',
  'allow_ip_spoofing',
  'allow_mac_spoofing',
  'allow_restricted_traffic',
];
const LISTS: string[] = ['ips', 'gateways', 'allowed_ips', 'allowed_dhcp_cids', 'blocked_outgoing_ports'];
const INTEGERS: string[] = ['vlan_id', 'mtu', 'vrrp_vrid'];

/** The MAC of a virtual router (RFC 5798, section 7.3). */
function vrrpMac(id: i64): string {
  return '00:00:5e:00:01:' + (id < 16 ? '0' : '') + id.toString(16);
}
/** In the block 90:b8:d0. */
function newMac(around: Surroundings): string {
  const bytes = around.random();
  let text = '90:b8:d0';
  for (let i = 0; i < 3; i++) text += ':' + (bytes[i] < 16 ? '0' : '') + (<u32>bytes[i]).toString(16);
  return text;
}

/** Values of their types, whatever they were written as. */
function settle(nic: Json): void {
  for (let i = 0; i < BOOLEANS.length; i++) {
    const value = nic.get(BOOLEANS[i]);
    if (value) nic.set(BOOLEANS[i], booleanValue(isTrue(value)));
  }
  for (let i = 0; i < LISTS.length; i++) if (nic.get(LISTS[i])) nic.set(LISTS[i], arrayOf(listIn(nic, LISTS[i])));
  for (let i = 0; i < INTEGERS.length; i++) {
    const number = integerIn(nic, INTEGERS[i]);
    if (number == NO_INTEGER) nic.remove(INTEGERS[i]);
    else nic.set(INTEGERS[i], Json.number(number));
  }
  const primary = nic.get('primary');
  if (primary && isBoolean(primary)) nic.set('primary', booleanValue(isTrue(primary)));
  const mac = textIn(nic, 'mac');
  if (mac.length) nic.set('mac', Json.string(plainMac(mac)));
  const ip = textIn(nic, 'ip');
  if (ip.length && !nic.get('ips')) {
    const bits = bitsOfNetmask(textIn(nic, 'netmask'));
    nic.set('ips', arrayOf([isAutomatic(ip) ? ip : bits > 0 ? ip + '/' + bits.toString() : ip]));
  }
  const gateway = textIn(nic, 'gateway');
  if (gateway.length && !nic.get('gateways')) nic.set('gateways', arrayOf([gateway]));
  nic.remove('ip');
  nic.remove('netmask');
  nic.remove('gateway');
}

/** `interfaces`: names that are taken. */
export function settleNics(payload: Json, current: Json, around: Surroundings): void {
  const taken: string[] = [];
  const kept = objectsIn(current, 'nics');
  for (let i = 0; i < kept.length; i++) taken.push(textIn(kept[i], 'interface'));
  const added = objectsIn(payload, 'add_nics');
  for (let i = 0; i < added.length; i++) if (added[i].get('interface')) taken.push(textIn(added[i], 'interface'));
  for (let i = 0; i < added.length; i++) {
    const nic = added[i];
    settle(nic);
    const router = integerIn(nic, 'vrrp_vrid');
    if (!nic.get('mac')) nic.set('mac', Json.string(router == NO_INTEGER ? newMac(around) : vrrpMac(router)));
    if (nic.get('interface')) continue;
    let number = 0;
    while (taken.includes('net' + number.toString())) number++;
    nic.set('interface', Json.string('net' + number.toString()));
    taken.push('net' + number.toString());
  }
  const updated = objectsIn(payload, 'update_nics');
  for (let i = 0; i < updated.length; i++) settle(updated[i]);
}

/** Addresses, MACs and VRRP ids that are in use, with what the payload brings. */
class Census {
  readonly macs: string[] = [];
  readonly addresses: string[] = [];
  readonly routers: i64[] = [];
  readonly primaryAddresses: string[] = [];
  primaries: i32 = 0;
}

/** What is wrong; nothing: nothing is. `result`: the interfaces as they will be. */
export function checkNics(payload: Json, current: Json, result: Json[]): string {
  const census = new Census();
  const old = objectsIn(current, 'nics');
  const updated = objectsIn(payload, 'update_nics');
  const removed = listIn(payload, 'remove_nics');
  for (let i = 0; i < removed.length; i++) removed[i] = isMac(removed[i]) ? plainMac(removed[i]) : removed[i];
  for (let i = 0; i < old.length; i++) {
    const mac = textIn(old[i], 'mac');
    if (removed.includes(mac)) continue;
    const nic = new Json(old[i].kind);
    for (let k = 0; k < old[i].names.length; k++) nic.set(old[i].names[k], old[i].items[k]);
    const change = withMac(updated, mac);
    if (!change || !change.get('ips')) note(census.addresses, listIn(nic, 'ips'));
    census.macs.push(mac);
    if (!change && nic.get('vrrp_vrid')) census.routers.push(integerIn(nic, 'vrrp_vrid'));
    if (change) for (let k = 0; k < change.names.length; k++) nic.set(change.names[k], change.items[k]);
    result.push(nic);
  }
  const added = objectsIn(payload, 'add_nics');
  for (let i = 0; i < added.length; i++) {
    const wrong = checkOne(added[i], true, census);
    if (wrong.length) return wrong;
    result.push(added[i]);
  }
  for (let i = 0; i < updated.length; i++) {
    const wrong = checkOne(updated[i], false, census);
    if (wrong.length) return wrong;
  }
  const together = checkTogether(result);
  if (together.length) return together;
  return census.primaries > 1 ? 'payload specifies more than 1 primary NIC' : '';
}

function withMac(nics: Json[], mac: string): Json | null {
  for (let i = 0; i < nics.length; i++) if (textIn(nics[i], 'mac') == mac) return nics[i];
  return null;
}
function note(addresses: string[], more: string[]): void {
  for (let i = 0; i < more.length; i++) if (!isAutomatic(more[i])) addresses.push(more[i]);
}

function checkOne(nic: Json, isNew: bool, census: Census): string {
  const text = nic.print(0);
  const router = integerIn(nic, 'vrrp_vrid');
  if (router != NO_INTEGER) {
    if (census.routers.includes(router)) return 'Cannot add multiple NICs with the same VRID: ' + router.toString();
    census.routers.push(router);
  }
  const mac = textIn(nic, 'mac');
  if (isNew) {
    if (census.macs.includes(mac)) return 'Cannot add multiple NICs with the same MAC: ' + mac;
    census.macs.push(mac);
  }
  const primary = nic.get('primary');
  if (primary) {
    if (primary.kind != TRUE) return "invalid value for NIC's primary flag: " + primary.print(0) + ' (must be true)';
    census.primaries++;
  }
  const gateways = listIn(nic, 'gateways');
  for (let i = 0; i < gateways.length; i++)
    if (!isIPv4(gateways[i])) return 'Static gateways must be IPv4 addresses: ' + gateways[i];
  const addresses = listIn(nic, 'ips');
  if (addresses.length > MOST_ADDRESSES)
    return 'nic.*.ips contains ' + addresses.length.toString() + ' addresses, but is limited to ' + MOST_ADDRESSES.toString();
  for (let i = 0; i < addresses.length; i++) {
    if (isAutomatic(addresses[i])) continue;
    if (!isPrefix(addresses[i])) return 'Invalid IP for NIC: ' + text;
    if (census.addresses.includes(addresses[i])) return 'Cannot add multiple NICs with the same IP: ' + addresses[i];
    census.addresses.push(addresses[i]);
  }
  if (isNew && router != NO_INTEGER && mac != vrrpMac(router)) return 'Cannot set both mac and vrrp_vrid';
  const tag = nic.get('nic_tag');
  if (isNew && !isTag(textIn(nic, 'nic_tag'), true)) return 'invalid or missing .nic_tag option for NIC: ' + text;
  if (!isNew && tag && !isTag(textIn(nic, 'nic_tag'), false)) return 'invalid .nic_tag option for NIC: ' + text;
  const allowed = listIn(nic, 'allowed_ips');
  const bad: string[] = [];
  for (let i = 0; i < allowed.length; i++) if (!isAddress(allowed[i]) && !isPrefix(allowed[i])) bad.push(allowed[i]);
  if (bad.length) return 'invalid allowed_ips: ' + bad.join(', ');
  if (allowed.length > MOST_ALLOWED) return 'Maximum of ' + MOST_ALLOWED.toString() + ' allowed_ips per nic';
  const ids = listIn(nic, 'allowed_dhcp_cids');
  if (ids.length > 20)
    return 'nics.*.allowed_dhcp_cids contains ' + ids.length.toString() + ' Client Identifiers, but is limited to 20';
  return ids.join(',').length >= 1024 ? 'nics.*.allowed_dhcp_cids contains too many long Client Identifiers' : '';
}

/** Letters, digits, underscores; a slash in names of overlays. */
function isTag(text: string, slash: bool): bool {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const isName = (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) || c == 0x5f;
    if (!isName && !(slash && c == 0x2f)) return false;
  }
  return text.length > 0;
}

function checkTogether(nics: Json[]): string {
  const plain: string[] = [];
  let onlyRouters = nics.length > 0;
  for (let i = 0; i < nics.length; i++) note(plain, listIn(nics[i], 'ips'));
  for (let i = 0; i < nics.length; i++) {
    const nic = nics[i];
    const primary = textIn(nic, 'vrrp_primary_ip');
    const isRouter = integerIn(nic, 'vrrp_vrid') != NO_INTEGER;
    if (!isRouter) onlyRouters = false;
    else if (!primary.length) return 'vrrp_vrid set but not vrrp_primary_ip';
    if (listIn(nic, 'allowed_ips').length + listIn(nic, 'ips').length + (primary.length ? 1 : 0) > MOST_TOGETHER)
      return 'More than ' + MOST_TOGETHER.toString() + ' IPs cannot be associated with a NIC';
    if (!primary.length) continue;
    const owner = ownerOf(nics, primary);
    if (owner && integerIn(owner, 'vrrp_vrid') != NO_INTEGER) return 'Cannot set vrrp_primary_ip to the IP of a VRRP nic';
    if (!owner && !onlyRouters) return 'vrrp_primary_ip must belong to the same VM';
  }
  return onlyRouters ? 'VM cannot contain only VRRP nics' : '';
}
function ownerOf(nics: Json[], address: string): Json | null {
  for (let i = 0; i < nics.length; i++) {
    const addresses = listIn(nics[i], 'ips');
    for (let k = 0; k < addresses.length; k++) if (addressIn(addresses[k]) == address) return nics[i];
  }
  return null;
}

/** Routes that are given, and all that there will be. */
export function checkRoutes(given: Json | null, all: Json, nics: Json[]): string {
  for (let i = 0; given && i < given.names.length; i++) {
    const destination = given.names[i];
    const gateway = given.items[i].text;
    if (!isIPv4(destination) && !isPrefixV4(destination))
      return 'Invalid route destination: "' + destination + '" (must be IP address or CIDR)';
    if (isIPv4(gateway) || leadsTo(gateway, nics)) continue;
    if (namesNic(gateway)) return 'Route gateway: "' + gateway + '" refers to non-existent or DHCP nic';
    return 'Invalid route gateway: "' + gateway + '" (must be IP address, MAC address, or nic)';
  }
  for (let i = 0; i < all.names.length; i++)
    if (!isIPv4(all.items[i].text) && !leadsTo(all.items[i].text, nics))
      return 'Route gateway: "' + all.items[i].text + '" refers to non-existent or DHCP nic';
  return '';
}

/** Between the brackets of `nics[…]` or `macs[…]`; empty: it is neither. */
function within(text: string, name: string): string {
  return text.startsWith(name + '[') && text.endsWith(']') ? text.substring(name.length + 1, text.length - 1) : '';
}
function namesNic(text: string): bool {
  return isMac(within(text, 'macs')) || indexIn(text) >= 0;
}
function indexIn(text: string): i64 {
  return parseNumber(within(text, 'nics'));
}
/** Whether it is the name of an interface that has an address of its own. */
function leadsTo(gateway: string, nics: Json[]): bool {
  const mac = within(gateway, 'macs');
  const index = indexIn(gateway);
  for (let i = 0; i < nics.length; i++) {
    if (isMac(mac) ? textIn(nics[i], 'mac') != plainMac(mac) : index != i) continue;
    const addresses = listIn(nics[i], 'ips');
    for (let k = 0; k < addresses.length; k++) if (!isAutomatic(addresses[k])) return true;
  }
  return false;
}
